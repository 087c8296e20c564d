"""Images fetched by address, without reaching what the address should not."""

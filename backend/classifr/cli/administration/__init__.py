"""The care of an installation, straight in its database and storage."""

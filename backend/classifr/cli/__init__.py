"""The command line; every command calls a service."""

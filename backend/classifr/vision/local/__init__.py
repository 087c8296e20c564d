"""The engine of this package behind the port, with the database and the storage."""

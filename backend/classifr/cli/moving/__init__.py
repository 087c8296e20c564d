"""Moving in from another service."""

"""Projects and their tags."""

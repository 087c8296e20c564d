"""Projects and their iterations."""

"""Projects and their tags in Custom Vision."""

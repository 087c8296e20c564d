"""Tags in the dialect of Custom Vision."""

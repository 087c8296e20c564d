"""Projects in the dialect of Custom Vision."""

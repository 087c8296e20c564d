"""The tags of a project over HTTP."""

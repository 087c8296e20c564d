"""The training images of a project over HTTP."""

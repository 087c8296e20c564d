"""Suggested tags in the dialect of Custom Vision."""

"""Predictions in the dialect of Custom Vision: made, kept, looked through."""

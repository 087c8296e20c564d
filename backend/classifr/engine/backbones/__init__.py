"""Backbones: where they come from, what is known of them, and their session."""

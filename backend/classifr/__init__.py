"""Custom Vision you own: classify a photo, ask whether it was right, learn from each no."""

__version__ = "0.1.0"

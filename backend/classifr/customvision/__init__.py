"""Custom Vision's REST dialect, over the same services as our own API. It owns no tables."""

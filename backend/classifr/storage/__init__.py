"""The port for image bytes, and its adapters."""

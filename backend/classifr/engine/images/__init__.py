"""Image files in, pixels out, within bounds of memory; and back to files that people are shown."""

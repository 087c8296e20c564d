"""What can be typed: names, options and help, and nothing that takes time to import."""

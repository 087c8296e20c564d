"""What any engine's answers for its held-out images tell: reports and comparisons."""

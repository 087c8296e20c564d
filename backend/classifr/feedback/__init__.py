"""OK or NOK; the wrong predictions and their review."""

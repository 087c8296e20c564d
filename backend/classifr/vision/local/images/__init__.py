"""Training images: how they come in, are found, tagged and deleted."""

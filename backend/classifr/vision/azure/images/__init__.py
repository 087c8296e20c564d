"""Training images in Custom Vision: how they go in, are found, tagged and deleted."""

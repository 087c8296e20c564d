"""Predictions kept with their image for a while, as Custom Vision keeps them."""

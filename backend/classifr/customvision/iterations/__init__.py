"""Iterations in the dialect of Custom Vision: trained, judged, published, exported."""

"""Iterations in Custom Vision: trained, judged, published, exported."""

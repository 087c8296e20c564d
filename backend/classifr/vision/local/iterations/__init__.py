"""Iterations: what was trained, and how it did."""

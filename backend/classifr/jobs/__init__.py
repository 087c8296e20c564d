"""Durable work in the background, on procrastinate: put in line, done by workers."""

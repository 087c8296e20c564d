"""Labelled images on this machine: read, checked, sent to a project and brought back."""

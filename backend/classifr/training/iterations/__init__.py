"""The iterations of a project: trained, measured, published."""

"""Training images in Custom Vision's dialect: added, found, tagged, shown."""

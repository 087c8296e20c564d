"""The official client, and what it answers in our words."""

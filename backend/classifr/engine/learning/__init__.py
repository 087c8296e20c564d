"""Learning: from embeddings and labels to a head."""

"""Backbones at work: images become embeddings, each made once."""

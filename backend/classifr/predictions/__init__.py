"""One image in, tags with probabilities out."""

"""How good an iteration is on labelled images that the person has."""

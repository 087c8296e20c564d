"""Which iterations answer, and the models in memory that do, tried ones among them."""

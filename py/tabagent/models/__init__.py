"""Models: which there are, what is stored of them, how they come in, which one is loaded."""

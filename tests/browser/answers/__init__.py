"""What an answer looks like, and that it is safe."""

"""The logs: what goes into them, how long it stays, and the messages about them."""

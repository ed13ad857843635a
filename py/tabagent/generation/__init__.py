"""Generation: from a conversation to streamed text."""

"""Chats that are kept: their tree of messages, one writer, and what is asked of them."""

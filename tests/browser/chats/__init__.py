"""Chats that the built extension keeps."""

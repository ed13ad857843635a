"""Logs and windows of the built extension, in real Chromium."""

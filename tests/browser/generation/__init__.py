"""Answers of the real extension, by subject."""

"""The services over models."""

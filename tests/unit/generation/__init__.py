"""The service that answers conversations."""

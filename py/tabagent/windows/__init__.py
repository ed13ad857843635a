"""Panels in tabs and windows, and what is offered again after a start of the browser."""

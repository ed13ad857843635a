"""The adapters that run on CPython."""

"""The ports in plain Python: for development and tests on CPython. Left out of the extension."""

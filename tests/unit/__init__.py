"""Fast tests of tabagent on CPython, path for path, with the memory adapters."""

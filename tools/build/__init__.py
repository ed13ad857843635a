"""`python3 -m tools.build`: dist/extension, which Chrome loads unpacked, and an archive ready for a store.

`extension.py` holds the order of the steps; each other module is one step.
"""

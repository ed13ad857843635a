"""What every adapter of a port must do: plain async functions on the standard library.

The same cases run on CPython against the memory adapters and inside the extension's Pyodide against the browser's.
"""

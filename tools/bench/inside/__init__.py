"""Runs in Pyodide: entries of the runtime's thread for benchmarks, and what they put in the place of something."""

"""Runs in Pyodide, inside the test variant of the extension."""

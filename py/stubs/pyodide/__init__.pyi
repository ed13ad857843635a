"""The part of Pyodide's own Python package that TabAgent uses, by its documentation for 314."""

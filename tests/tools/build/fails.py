"""Runs in a restored Pyodide: what a traceback of a packaged module looks like."""

import importlib
import traceback

try:
    importlib.import_module("tabagent.main").fail()
except ValueError:
    print(traceback.format_exc())

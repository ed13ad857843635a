"""Runs in a restored Pyodide: was everything imported, and can a module be imported anew from the archive?"""

import importlib
import sys

imported = {"tabagent.main", "tabagent.later", "transformers_js_py.proxies"} <= set(sys.modules)
del sys.modules["tabagent.later"]
again = importlib.import_module("tabagent.later").WORD
print(f"imported: {imported}, again: {again}")

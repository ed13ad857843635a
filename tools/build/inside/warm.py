"""Runs in Pyodide: imports everything the extension uses, right before the memory snapshot is taken.

Modules only: an object that holds a JavaScript value cannot be in a snapshot, and importing must not make one.
"""

import gc
import importlib
import pkgutil
import sys

RUNTIME = "/app/runtime.zip"
# Parts of the standard library and of the wheels that would otherwise be imported while somebody waits.
ALSO = [
    "asyncio",
    "importlib.metadata",
    "json",
    "logging",
    "pyodide.code",
    "pyodide.ffi.wrappers",
    "pyodide.webloop",
    "random",
    "traceback",
    "transformers_js_py",
    "transformers_js_py.proxies",
]

sys.path.insert(0, RUNTIME)
names = list(ALSO)
for found in pkgutil.walk_packages([RUNTIME], onerror=names.append):
    names.append(found.name)
for name in names:
    try:
        importlib.import_module(name)
    except Exception as error:
        problem = f"{type(error).__name__}: {error}"
        raise ImportError(f"{name} cannot be imported for the memory snapshot: {problem}") from error

del found, name, names
gc.collect()

"""Runs in Pyodide: byte-compiles the archive of sources with the interpreter that ships.

Reads the one archive in /in, writes /out/bytecode.zip with one .pyc for each .py. Docstrings are left out: nobody reads
them there, and each start copies them with the memory snapshot. Assertions
stay, which Python's own optimizing would drop.
"""

import ast
import importlib.util
import marshal
import zipfile
from pathlib import Path

# A hash that nobody checks (PEP 552): an archive is replaced as a whole, its parts never go stale.
UNCHECKED_HASH = (0b01).to_bytes(4, "little")
DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def byte_code(source, shown):
    """Return what a .pyc file holds of a source."""
    tree = ast.parse(source, shown)
    for node in ast.walk(tree):
        if isinstance(node, DOCUMENTED) and ast.get_docstring(node, clean=False) is not None:
            first = node.body.pop(0)
            # A function or class that is empty without it needs something in its place.
            if not node.body and not isinstance(node, ast.Module):
                node.body.append(ast.copy_location(ast.Pass(), first))
    code = compile(tree, shown, "exec", dont_inherit=True)
    return importlib.util.MAGIC_NUMBER + UNCHECKED_HASH + importlib.util.source_hash(source) + marshal.dumps(code)


(archive,) = Path("/in").glob("*.zip")
# Where the archive lies in the extension's Pyodide: tracebacks find their lines there.
home = f"/app/{archive.name}"
Path("/out").mkdir(exist_ok=True)
with zipfile.ZipFile(archive) as sources, zipfile.ZipFile("/out/bytecode.zip", "w") as bytecode:
    for name in sorted(name for name in sources.namelist() if name.endswith(".py")):
        bytecode.writestr(f"{name}c", byte_code(sources.read(name), f"{home}/{name}"))

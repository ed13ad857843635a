"""Runs in Pyodide: byte-compiles the archive of sources with the interpreter that ships.

Reads the one archive in /in, writes /out/bytecode.zip with one .pyc for each .py.
"""

import py_compile
import zipfile
from pathlib import Path

# "Unchecked" byte code carries no time: an archive is replaced as a whole, its parts never go stale.
TIMELESS = py_compile.PycInvalidationMode.UNCHECKED_HASH

(archive,) = Path("/in").glob("*.zip")
# Where the archive lies in the extension's Pyodide: tracebacks find their lines there.
home = f"/app/{archive.name}"
source_folder, compiled = Path("/in/sources"), Path("/in/compiled.pyc")
Path("/out").mkdir(exist_ok=True)
with zipfile.ZipFile(archive) as sources, zipfile.ZipFile("/out/bytecode.zip", "w") as bytecode:
    sources.extractall(source_folder)
    for name in sorted(name for name in sources.namelist() if name.endswith(".py")):
        shown = f"{home}/{name}"
        py_compile.compile(source_folder / name, compiled, shown, doraise=True, invalidation_mode=TIMELESS)
        bytecode.writestr(f"{name}c", compiled.read_bytes())

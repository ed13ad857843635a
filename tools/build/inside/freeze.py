"""Runs in Pyodide: micropip resolves the bundled wheels and freezes them into the lock file that ships.

Reads /in/wheels/*.whl, writes /out/pyodide-lock.json. Nothing is looked up on an index: a dependency that is not
among the wheels is an error, because the extension could not get it later either.
"""

import json
from pathlib import Path

import micropip

wheels = sorted(Path("/in/wheels").glob("*.whl"))
try:
    await micropip.install([f"emfs:{wheel}" for wheel in wheels], index_urls=[])
except ValueError as error:  # its further lines explain indexes to people who use them
    raise RuntimeError(f"the bundled wheels do not resolve: {str(error).splitlines()[0]}") from error

lock = json.loads(micropip.freeze())
bundled = {wheel.name for wheel in wheels}
packages = {}
for name, package in lock["packages"].items():
    file_name = package["file_name"].rpartition("/")[2]
    if package["file_name"].startswith("emfs:") and file_name in bundled:
        packages[name] = {**package, "file_name": file_name}
absent = {need for package in packages.values() for need in package["depends"]} - set(packages)
if absent:
    raise RuntimeError(f"the bundled wheels need packages that are not bundled: {', '.join(sorted(absent))}")

out = Path("/out/pyodide-lock.json")
out.parent.mkdir(parents=True, exist_ok=True)
out.write_text(json.dumps({"info": lock["info"], "packages": packages}, indent=1, sort_keys=True) + "\n")

"""Files that are taken from npm packages as they are, each checked against its recorded hash."""

from __future__ import annotations

from pathlib import Path

from tools.build.cache import made_once
from tools.build.project import Project
from tools.environment import ToolError, file_hash

# {path in the extension: path in node_modules}
VENDORED = {
    "vendor/pyodide/pyodide.mjs": "pyodide/pyodide.mjs",
    "vendor/pyodide/pyodide.asm.mjs": "pyodide/pyodide.asm.mjs",
    "vendor/pyodide/pyodide.asm.wasm": "pyodide/pyodide.asm.wasm",
    "vendor/pyodide/python_stdlib.zip": "pyodide/python_stdlib.zip",
    # The legacy build brings what the oldest Chrome lacks of what pdf.js uses.
    "vendor/pdfjs/pdf.min.mjs": "pdfjs-dist/legacy/build/pdf.min.mjs",
    "vendor/pdfjs/pdf.worker.min.mjs": "pdfjs-dist/legacy/build/pdf.worker.min.mjs",
    "vendor/transformers/ort-wasm-simd-threaded.jspi.mjs": "onnxruntime-web/dist/ort-wasm-simd-threaded.jspi.mjs",
    "vendor/transformers/ort-wasm-simd-threaded.jspi.wasm": "onnxruntime-web/dist/ort-wasm-simd-threaded.jspi.wasm",
}
# Whole folders of such files: {folder in the extension: (folder in node_modules, their ending)}.
VENDORED_FOLDERS = {
    # What codes mean in Chinese, Japanese and Korean PDFs that do not say it; each is read when it is met.
    "vendor/pdfjs/cmaps": ("pdfjs-dist/cmaps", ".bcmap"),
}
LOCK = "vendored.txt"
# What is changed in vendored files: (old, new), each to be found exactly once.
CHANGES = {
    "vendor/pyodide/pyodide.mjs": [
        # Where packages come from when nobody says so: the packaged folder, not a content delivery network.
        ("`https://cdn.jsdelivr.net/pyodide/v${U}/full/`", "t"),
        # Its source map is not packaged; developer tools would complain.
        ("//# sourceMappingURL=pyodide.mjs.map", ""),
    ],
}


def sources(node_modules: Path) -> dict[str, str]:
    """Return {path in the extension: path in node_modules} of all vendored files."""
    found = dict(VENDORED)
    for folder, (source, ending) in VENDORED_FOLDERS.items():
        names = sorted(path.name for path in (node_modules / source).iterdir() if path.suffix == ending)
        found |= {f"{folder}/{name}": f"{source}/{name}" for name in names}
    return found


def vendored_files(project: Project) -> dict[str, Path]:
    """Return {path in the extension: file} of all vendored files.

    npm has checked the packages against package-lock.json when it installed them. The hashes checked here, of the
    files themselves, also notice what happened to node_modules since. `ToolError` when one differs.
    """
    listed = _listed_hashes(project.locks / LOCK)
    wanted = sources(project.node_modules)
    files = {name: project.node_modules / source for name, source in wanted.items()}
    for gone in sorted(set(listed) - set(wanted.values())):
        raise ToolError(f"{gone} of build/locks/{LOCK} is missing: remove build/node_modules and run again")
    for name, path in files.items():
        if file_hash(path) != listed.get(wanted[name]):
            raise ToolError(
                f"{path} is not the file that build/locks/{LOCK} lists: remove build/node_modules and run again, or, "
                "after a wanted change of version, run python3 -m tools.build.locks"
            )
    changed = made_once(project.cache, "vendor", [project.locks / LOCK], lambda folder: _change(files, folder))
    return files | {name: changed / Path(name).name for name in CHANGES}


def _change(files: dict[str, Path], folder: Path) -> None:
    for name, changes in CHANGES.items():
        text = files[name].read_text(encoding="utf-8")
        for old, new in changes:
            if text.count(old) != 1:
                raise ToolError(f"{name} no longer holds {old!r} once: review tools/build/vendor.py")
            text = text.replace(old, new)
        (folder / Path(name).name).write_text(text, encoding="utf-8")


def _listed_hashes(lock: Path) -> dict[str, str]:
    """Return {file: SHA-256} of a file in the format of `sha256sum`."""
    try:
        lines = lock.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise ToolError(f"{lock} is missing: run python3 -m tools.build.locks") from error
    return {name: digest for digest, name in (line.split(maxsplit=1) for line in lines if line.strip())}

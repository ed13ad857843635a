"""`python3 -m tools.build.locks`: write the locks again after a change of versions.

Turns the dependency groups of pyproject.toml into build/locks/*.txt with hashes (this needs uv on the PATH, which
`pip install uv` brings), and records the hashes of the files that are taken from npm packages. After a change in
build/package.json run `npm install --package-lock-only` in build/ first.
"""

from __future__ import annotations

import shutil

from tools.build.project import Project
from tools.build.vendor import LOCK, sources
from tools.environment import GROUPS, OLDEST_PYTHON, ToolError, ensure_node_modules, file_hash, run_command, run_tool


def main() -> None:
    """Write every lock."""
    project = Project()
    uv = shutil.which("uv")
    if uv is None:
        raise ToolError("uv was not found on the PATH: pip install uv, then run again")
    host = f"{OLDEST_PYTHON[0]}.{OLDEST_PYTHON[1]}"
    modules = ensure_node_modules()
    for group in (*GROUPS, "wheels"):
        # The wheels are for Pyodide's Python, the other groups for any Python that the tools may run on.
        where = ["--python-version", "3.14"] if group == "wheels" else ["--universal", "--python-version", host]
        command = [uv, "pip", "compile", "--quiet", "--generate-hashes", "--no-emit-index-url", "--no-header", *where]
        # pip refuses an extra of a package, once a newer version is there, unless the pin names the extra too.
        command += ["--no-strip-extras"]
        command += ["--group", f"pyproject.toml:{group}", "--output-file", str(project.locks / f"{group}.txt")]
        run_command(command, cwd=project.root, failure=f"uv could not lock the group {group}")
    lines = [f"{file_hash(modules / source)}  {source}\n" for source in sources(modules).values()]
    (project.locks / LOCK).write_text("".join(lines), encoding="utf-8")


if __name__ == "__main__":
    run_tool(main)

"""`python3 -m tools.test [PYTEST ARGS]`: every check and test, in the order in which they fail fastest.

Without arguments: the linter, the formatter, the types of both languages, the import rules, then all tests with the
coverage of the Python code, that in the browser included. With arguments only pytest runs, with these.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tools.environment import (
    CACHE,
    ROOT,
    ToolError,
    ensure_environment,
    ensure_node_modules,
    make_folder,
    report,
    run_tool,
)

# Where modules lie that the import rules and the types look at.
PYTHON_PATH = "py"
TYPED = ["py/tabagent", "tools", "tests"]
# All tests, two files at a time: tests in the browser wait about as long as they compute. In their own order, or a
# worker would run asyncio tests after synchronous Playwright, which they do not survive.
EVERYTHING = [
    "--cov",
    "--cov-report=term:skip-covered",
    "--numprocesses=2",
    "--dist=loadfile",
    "--no-loadscope-reorder",
]
# Pytest's exit status for a selection without tests: asked for by hand, that is no success either.
NO_TESTS = 5


def main() -> None:
    """Run everything; the exit status is 0 only when all of it passed."""
    arguments = sys.argv[1:]
    ensure_environment("test")
    node_modules = ensure_node_modules()
    if not arguments:
        check_sources(node_modules)
    raise SystemExit(_pytest(arguments or EVERYTHING))


def check_sources(node_modules: Path) -> None:
    """Run the static checks; the first that complains ends the run with its output and a `ToolError`."""
    _write_javascript_constants()
    script = [sys.executable, "-m"]
    for name, command in (
        ("ruff", [*script, "ruff", "check", "."]),
        ("ruff's formatter", [*script, "ruff", "format", "--check", "."]),
        ("mypy", [*script, "mypy", *TYPED]),
        ("the import rules", [str(Path(sys.executable).with_name("lint-imports")), "--no-logo"]),
        ("TypeScript's checker", [str(node_modules / ".bin" / "tsc"), "--project", "build/tsconfig.json"]),
    ):
        report(f"Checking with {name} …")
        if _run(command) != 0:
            raise ToolError(f"{name} found what is printed above: correct it, then run again")


def _write_javascript_constants() -> None:
    """Put what the build makes where build/tsconfig.json looks for it: a misspelt event name is a type error."""
    from tools.build.events import javascript_constants
    from tools.build.locales import bundled_texts

    constants = javascript_constants(ROOT / "py" / "tabagent" / "events.py")
    (make_folder(CACHE / "types") / "events.js").write_text(constants, encoding="utf-8")
    texts = bundled_texts(ROOT / "extension" / "locales")
    (make_folder(CACHE / "types" / "locales") / "en.json").write_text(texts, encoding="utf-8")


def _pytest(arguments: Sequence[str]) -> int:
    make_folder(CACHE / "coverage")
    status = _run([sys.executable, "-m", "pytest", *arguments])
    if status == NO_TESTS:
        report("no test was selected")
    return status


def _run(command: Sequence[str]) -> int:
    sys.stdout.flush()
    environment = {**os.environ, "PYTHONPATH": PYTHON_PATH}
    return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode


if __name__ == "__main__":
    run_tool(main)

"""Which lines of tabagent run in the browser, noted by Python's own monitoring (PEP 669).

Call `start` before the first import of tabagent, `collected` at the end. coverage.py itself wants sqlite3, which
Pyodide does not bring; each line reports itself once, so a measured program is hardly slower.
"""

from __future__ import annotations

import json
import sys
from types import CodeType

PACKAGE = "/app/runtime.zip/"

_lines: dict[str, set[int]] = {}


def start() -> None:
    """Begin to note lines, in every thread."""
    if sys.version_info >= (3, 12):  # always so in Pyodide; the types are checked for the oldest Python of the tools
        monitoring = sys.monitoring
        monitoring.use_tool_id(monitoring.COVERAGE_ID, "tabagent")
        monitoring.register_callback(monitoring.COVERAGE_ID, monitoring.events.LINE, _note)
        monitoring.set_events(monitoring.COVERAGE_ID, monitoring.events.LINE)


def collected() -> str:
    """Return the lines so far as JSON, {file inside the archive: [line numbers]}."""
    return json.dumps({name: sorted(lines) for name, lines in _lines.items()})


def _note(code: CodeType, line: int) -> object:
    if code.co_filename.startswith(PACKAGE):
        _lines.setdefault(code.co_filename.removeprefix(PACKAGE), set()).add(line)
    return sys.monitoring.DISABLE if sys.version_info >= (3, 12) else None

"""Notes which lines of tabagent run, with Python's own monitoring; each line costs one callback, once."""

from __future__ import annotations

import sys
from types import CodeType
from typing import Any

PACKAGE = "/tabagent/"
# Since Python 3.12, which the host's type checker may be older than.
MONITORING: Any = vars(sys).get("monitoring")


class LineMonitor:
    """Collects (file, line) from its start on."""

    def __init__(self) -> None:
        self.lines: dict[str, set[int]] = {}

    def start(self) -> None:
        """Begin; modules imported before are seen only where they run again."""
        monitoring = MONITORING
        monitoring.use_tool_id(monitoring.COVERAGE_ID, "tabagent-tests")
        monitoring.register_callback(monitoring.COVERAGE_ID, monitoring.events.LINE, self._on_line)
        monitoring.set_events(monitoring.COVERAGE_ID, monitoring.events.LINE)

    def report(self) -> dict[str, list[int]]:
        """Return lines by the file's path inside the package's folder."""
        return {path: sorted(lines) for path, lines in self.lines.items()}

    def _on_line(self, code: CodeType, line: int) -> object:
        _, found, path = code.co_filename.partition(PACKAGE)
        if found:
            self.lines.setdefault(path, set()).add(line)
        return MONITORING.DISABLE

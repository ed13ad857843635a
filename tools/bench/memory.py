"""Memory of a browser's processes while something runs, read from /proc."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from tools.environment import ToolError

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext

PERIOD_SECONDS = 0.1
_PROC = Path("/proc")
# Chromium starts renderers of extensions with this.
_EXTENSION_FLAG = b"--extension-process"
_KIB = 1024


def renderers(context: BrowserContext, *, of_extensions: bool) -> list[int]:
    """Return the process ids of a browser's renderers: those of extensions, or those of everything else.

    Raises:
        ToolError: this system has no /proc.
    """
    if context.browser is None:  # only connections to foreign browsers lack it
        raise RuntimeError("this context belongs to no browser that was started here")
    devtools = context.browser.new_browser_cdp_session()
    processes = devtools.send("SystemInfo.getProcessInfo")["processInfo"]
    found = [int(process["id"]) for process in processes if process["type"] == "renderer"]
    try:
        return [pid for pid in found if (_EXTENSION_FLAG in _command_line(pid)) == of_extensions]
    except OSError as error:
        raise ToolError(f"memory cannot be measured here ({error}): run this benchmark on Linux") from error


class MemoryWatch:
    """Samples the anonymous resident memory of some processes, in sum, while it is open as a context manager.

    Anonymous memory is what programs hold; files that the system keeps in memory as long as there is room are not
    counted.

    Attributes:
        pids: of the processes.
        peak: the largest sum until now, in bytes.
    """

    def __init__(self, pids: Iterable[int], *, proc: Path = _PROC, period_s: float = PERIOD_SECONDS) -> None:
        """Watch processes; `proc` and the period are given by tests."""
        self.pids = tuple(pids)
        self.peak = 0
        self._proc = proc
        self._period = period_s
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="memory-watch", daemon=True)

    def now(self) -> int:
        """Return the sum at this moment, in bytes; a process that has ended counts nothing."""
        return sum(anonymous_bytes(self._proc / str(pid) / "status") for pid in self.pids)

    def __enter__(self) -> Self:
        self.peak = self.now()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()
        self.peak = max(self.peak, self.now())

    def _watch(self) -> None:
        while not self._ended.wait(self._period):
            self.peak = max(self.peak, self.now())


def anonymous_bytes(status: Path) -> int:
    """Return the anonymous resident memory that a /proc/PID/status tells of, in bytes; 0 when the process is gone."""
    try:
        lines = status.read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * _KIB for line in lines if line.startswith("RssAnon:"))


def _command_line(pid: int) -> bytes:
    return (_PROC / str(pid) / "cmdline").read_bytes()

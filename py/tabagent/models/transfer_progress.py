"""How far the files of one dtype of a model are: bytes, speed, time left, per file and in all."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from tabagent.errors import JsonObject
from tabagent.events import TransferStates as State
from tabagent.messages import DownloadProgress
from tabagent.specs import ModelFile

# Speed is taken over the last seconds: longer and the time left is slow to follow, shorter and it jumps.
WINDOW_SECONDS = 5.0
# Bytes come in a thousand pieces a second; nobody sees more than ten bars.
PUBLISH_SECONDS = 0.1


@dataclass(slots=True)
class _File:
    total: int
    stored: int = 0
    flying: int = 0
    status: State = State.QUEUED


class TransferProgress:
    """Counts, and publishes what it counted.

    Args:
        publish: Receives each event.
        model_id, dtype: What is transferred.
        files: All that it needs; what is stored already counts as loaded.
        now: Monotonic seconds.
    """

    def __init__(
        self,
        publish: Callable[[DownloadProgress], None],
        *,
        model_id: str,
        dtype: str,
        files: Iterable[ModelFile],
        now: Callable[[], float],
    ) -> None:
        self._publish, self._now = publish, now
        self._model_id, self._dtype = model_id, dtype
        self._files = {file.path: _File(file.size) for file in files}
        self._came: deque[tuple[float, int]] = deque()
        self._published = float("-inf")
        self._status, self._message = State.QUEUED, ""
        self.last: DownloadProgress | None = None

    @property
    def status(self) -> State:
        """Of the whole."""
        return self._status

    def loaded(self, paths: Iterable[str]) -> int:
        """Return the bytes that have come of some files."""
        return sum(self._files[path].stored + self._files[path].flying for path in paths)

    def stored(self, path: str, size: int) -> None:
        """Set how much of a file is in the store."""
        self._files[path].stored = size
        self._emit()

    def flying(self, path: str, count: int) -> None:
        """Count bytes that came from the network, or, below 0, that have become stored or were in vain."""
        file = self._files[path]
        file.flying += count
        if count > 0:
            self._count(count)
            file.status = State.DOWNLOADING
            if self._status in (State.QUEUED, State.WAITING):
                self._status, self._message = State.DOWNLOADING, ""
            # Not when bytes are taken back: those that are stored now are told of next, and a bar must not jump.
            self._emit()

    def file_is(self, path: str, status: State) -> None:
        """Set a file's state."""
        file = self._files[path]
        file.status = status
        if status is State.DONE:
            file.stored, file.flying = file.total, 0
        self._emit()

    def becomes(self, status: State, message: str = "", error: JsonObject | None = None) -> None:
        """Set the state of the whole, which is published at once."""
        self._status, self._message = status, message
        if status is not State.DOWNLOADING:
            self._came.clear()
        self._emit(error, at_once=True)

    def _count(self, count: int) -> None:
        now = self._now()
        self._came.append((now, count))
        while self._came and self._came[0][0] < now - WINDOW_SECONDS:
            self._came.popleft()

    def _speed(self) -> float:
        if len(self._came) < 2:
            return 0.0
        now = self._now()
        recent = [(time, count) for time, count in self._came if time >= now - WINDOW_SECONDS]
        # The first piece's bytes came before its time.
        span = now - recent[0][0] if recent else 0.0
        return sum(count for _, count in recent[1:]) / span if span > 0 else 0.0

    def _emit(self, error: JsonObject | None = None, *, at_once: bool = False) -> None:
        now = self._now()
        if not at_once and now - self._published < PUBLISH_SECONDS:
            return
        self._published = now
        total = sum(file.total for file in self._files.values())
        loaded = min(self.loaded(self._files), total)
        speed = self._speed() if self._status is State.DOWNLOADING else 0.0
        self.last = DownloadProgress(
            model_id=self._model_id,
            dtype=self._dtype,
            status=self._status,
            loaded=loaded,
            total=total,
            bytes_per_second=round(speed),
            seconds_left=round((total - loaded) / speed, 1) if speed else None,
            files=[
                {
                    "file": path,
                    "loaded": min(file.stored + file.flying, file.total),
                    "total": file.total,
                    "status": str(file.status),
                }
                for path, file in self._files.items()
            ],
            message=self._message,
            error=error,
        )
        self._publish(self.last)

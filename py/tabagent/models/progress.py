"""Turns the steps of a load into one percentage that never goes backwards.

The plan's shares: tokenizer and other small files 0-25, weights 25-90, session and warm-up 90-100.
"""

from __future__ import annotations

from collections.abc import Callable

from tabagent.errors import JsonObject
from tabagent.events import LoadingStatusTypes
from tabagent.messages import LoadingProgress
from tabagent.sentences import Sentence

SMALL_FILES_END = 25.0
WEIGHTS_END = 90.0


class LoadProgress:
    """Publishes the progress of one load.

    Args:
        publish: Receives each event.
        load_id: Names the load on the wire.
        dtype: As asked for, "auto" until it is chosen.
        percent: Where to start; over 0 when a thread before this one began the load.
    """

    def __init__(
        self,
        publish: Callable[[LoadingProgress], None],
        *,
        load_id: str,
        model_id: str,
        dtype: str,
        percent: float = 0.0,
    ) -> None:
        self._publish = publish
        self._load_id, self._model_id, self._dtype = load_id, model_id, dtype
        self._percent = percent
        self._small_total = self._weights_total = 0
        self._small_done = self._weights_done = 0
        self.last: LoadingProgress | None = None

    @property
    def percent(self) -> float:
        """Where the load is, 0 to 100."""
        return self._percent

    def begin(self, dtype: str, small_total: int, weights_total: int) -> None:
        """State what there is to bring in, once that is known."""
        self._dtype = dtype
        self._small_total, self._weights_total = small_total, weights_total

    def initiate(self, message: str) -> None:
        """Say that the load has been taken."""
        self._emit(LoadingStatusTypes.INITIATE, "", message)

    def files_in(self, small: int, weights: int, message: str) -> None:
        """Set the bytes that have come so far; bytes that came in vain may be taken back."""
        self._small_done, self._weights_done = small, weights
        self._raise_to(self._files_percent())
        self._emit(LoadingStatusTypes.PROGRESS, "", message)

    def file_done(self, file: str, *, cached: bool) -> None:
        """Say that a file is whole, now or since before."""
        status = LoadingStatusTypes.CACHED if cached else LoadingStatusTypes.DONE
        self._emit(status, file, (Sentence.FILE_STORED if cached else Sentence.FILE_DOWNLOADED).said(file=file))

    def phase(self, message: str, share: float) -> None:
        """Say what happens after the files: `share` 0 to 1 of the last ten percent."""
        self._raise_to(WEIGHTS_END + (100 - WEIGHTS_END) * share)
        self._emit(LoadingStatusTypes.PROGRESS, "", message)

    def ready(self, message: str) -> None:
        """Say that the model can be used."""
        self._percent = 100.0
        self._emit(LoadingStatusTypes.READY, "", message)

    def failed(self, error: JsonObject) -> None:
        """Say that the load ended; the percentage stays where it was."""
        self._emit(LoadingStatusTypes.ERROR, "", str(error["message"]), error)

    def _files_percent(self) -> float:
        small = SMALL_FILES_END * _share(self._small_done, self._small_total)
        return small + (WEIGHTS_END - SMALL_FILES_END) * _share(self._weights_done, self._weights_total)

    def _raise_to(self, percent: float) -> None:
        self._percent = max(self._percent, min(percent, 100.0))

    def _emit(self, status: LoadingStatusTypes, file: str, message: str, error: JsonObject | None = None) -> None:
        total = self._small_total + self._weights_total
        self.last = LoadingProgress(
            status=status,
            file=file,
            progress=round(self._percent, 2),
            loaded=min(self._small_done + self._weights_done, total),
            total=total,
            load_id=self._load_id,
            message=message,
            model_id=self._model_id,
            dtype=self._dtype,
            error=error,
        )
        self._publish(self.last)


def _share(done: int, total: int) -> float:
    return min(done / total, 1.0) if total else 1.0

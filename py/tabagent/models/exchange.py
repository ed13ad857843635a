"""Handles the requests that give models away as a file and take files in."""

from __future__ import annotations

from collections.abc import Callable

from tabagent.errors import JsonObject, wire_error
from tabagent.events import TransferStates as State
from tabagent.messages import DownloadProgress, Event, ManifestUpdated
from tabagent.model_messages import ExportModels, ImportModels
from tabagent.models.intake import ImportProgress
from tabagent.models.transfer import ModelTransfer
from tabagent.models.transfer_progress import PUBLISH_SECONDS
from tabagent.sentences import Sentence


class ModelExchange:
    """Answers EXPORT_MODELS and IMPORT_MODELS.

    Args:
        transfer: Does it.
        publish: Sends events to the pages.
        now: Monotonic seconds.
    """

    def __init__(self, transfer: ModelTransfer, publish: Callable[[Event], None], now: Callable[[], float]) -> None:
        self._transfer, self._publish, self._now = transfer, publish, now

    async def export_models(self, request: ExportModels) -> JsonObject:
        """Answer with an address from which the page can download."""
        offered = await self._transfer.export(request.model_ids, request.settings)
        return {"address": offered.address, "name": offered.name, "size": offered.size}

    async def import_models(self, request: ImportModels) -> JsonObject:
        """Answer when everything is in; until then events say how far it is."""
        last = ImportProgress(
            model_id=request.model_id or request.files[0].path, file="", file_loaded=0, file_total=0, loaded=0, total=0
        )
        published = float("-inf")

        def on_progress(progress: ImportProgress) -> None:
            nonlocal last, published
            last = progress
            if self._now() - published >= PUBLISH_SECONDS:
                published = self._now()
                self._publish(_event(last, State.IMPORTING))

        try:
            imported = await self._transfer.take_in(request.files, request.model_id, on_progress)
        except Exception as error:
            self._publish(_event(last, State.FAILED, error))
            raise
        finally:
            self._publish(ManifestUpdated())
        self._publish(_event(last, State.DONE))
        return {"models": [*imported.model_ids], "settings": imported.settings}


def _event(progress: ImportProgress, status: State, error: Exception | None = None) -> DownloadProgress:
    importing = status is State.IMPORTING
    message: str = Sentence.IMPORTING.said(file=progress.file) if importing else Sentence.IMPORTED.said()
    wire = wire_error(error) if error is not None else None
    if wire is not None:
        message = str(wire["message"])
    return DownloadProgress(
        model_id=progress.model_id,
        dtype="",
        status=status,
        loaded=progress.loaded,
        total=progress.total,
        bytes_per_second=0.0,
        seconds_left=None,
        files=[
            {
                "file": progress.file,
                "loaded": progress.file_loaded,
                "total": progress.file_total,
                "status": str(status),
            }
        ],
        message=message,
        error=wire,
    )

"""Reads an answer again while nobody asks for anything, so that the next question begins where it ends.

An answer's tokens are computed one by one. Where that rounds otherwise than a longer pass does (quantized weights),
they cannot stand for a prompt's: the next question of the chat would have to read them before its own
(`ChatCaches.open`). A person reads the answer first, and that time is enough to do it before it is waited for.
"""

from __future__ import annotations

from collections.abc import Callable

from tabagent.generation.caches import ChatCaches
from tabagent.generation.prefill import PieceSizer
from tabagent.ports.engine import InferenceEngine
from tabagent.specs import LoadedModel


class Rereading:
    """Computes what a chat's cache has of an answer once more, in pieces as a prompt's.

    Args:
        engine: Computes.
        caches: KV caches of the chats.
        now: Monotonic seconds.
    """

    def __init__(self, engine: InferenceEngine, caches: ChatCaches, now: Callable[[], float]) -> None:
        self._engine, self._caches = engine, caches
        self._sizer = PieceSizer(now)

    async def run(self, loaded: LoadedModel, *, wanted: Callable[[], bool], alive: Callable[[], None]) -> None:
        """Read the answer of the chat that was used last.

        Args:
            loaded: The model.
            wanted: Asked before each piece whether to go on.
            alive: Called before each piece.

        Raises:
            GenerationFailed, OutOfMemory, DeviceLost: The device failed; the chat's cache is lost.
        """
        if not wanted() or (unread := self._caches.unread(loaded)) is None:
            return
        chat_id, ids = unread
        cache = await self._caches.open(chat_id, ids, loaded, reuse=True)
        dynamic = loaded.dynamic_quantization
        for piece in self._sizer.pieces(len(cache.token_ids), len(ids), dynamic_quantization=dynamic):
            if not wanted():
                # What is left was computed one by one, and is gone as it would be for the next question.
                break
            alive()
            await cache.read(self._engine, ids[piece.start : piece.stop])
        await self._caches.keep(chat_id, cache)

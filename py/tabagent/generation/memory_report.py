"""What takes memory, all together."""

from __future__ import annotations

from dataclasses import replace

from tabagent.generation.service import GenerationService
from tabagent.messages import MemoryStats
from tabagent.models.manager import ModelManager
from tabagent.ports.engine import InferenceEngine
from tabagent.ports.memory_probe import MemoryProbe


class MemoryReport:
    """`MemoryProbe` of everything: the browser's figures, and those of the engine, the model and the chats.

    Args:
        probe: Measures heaps and storage.
        engine: Knows its own memory.
        manager: Knows the model.
        generation: Has the KV caches.
    """

    def __init__(
        self, probe: MemoryProbe, engine: InferenceEngine, manager: ModelManager, generation: GenerationService
    ) -> None:
        self._probe, self._engine, self._manager, self._generation = probe, engine, manager, generation

    async def measure(self) -> MemoryStats:
        """Return bytes of everything."""
        return replace(
            await self._probe.measure(),
            engine_heap=self._engine.heap_bytes,
            weights=self._manager.weight_bytes,
            kv_caches=self._generation.cache_bytes,
        )

"""What takes memory."""

from __future__ import annotations

from tabagent.adapters.memory.engine import TOKEN_BYTES
from tabagent.generation.memory_report import MemoryReport
from tabagent.messages import GenerationComplete, MemoryStats
from tests.unit.conftest import World, chat_request


class Browser:
    """Knows heaps and storage."""

    async def measure(self) -> MemoryStats:
        return MemoryStats(
            used_js_heap_size=1,
            total_js_heap_size=2,
            js_heap_size_limit=3,
            python_heap=4,
            storage_usage=5,
            storage_quota=6,
        )


async def test_model_and_chats_are_added_to_what_the_browser_says(ready: World) -> None:
    await ready.generation.send(chat_request("one two three"))
    await ready.heard(GenerationComplete)
    await ready.rested()
    stats = await MemoryReport(Browser(), ready.engine, ready.manager, ready.generation).measure()

    assert (stats.used_js_heap_size, stats.python_heap, stats.storage_quota) == (1, 4, 6)
    assert stats.weights == len(b"int8" * 4)
    assert stats.kv_caches == 6 * TOKEN_BYTES
    assert stats.engine_heap >= stats.kv_caches


async def test_without_a_model_there_is_nothing_to_add(world: World) -> None:
    stats = await MemoryReport(Browser(), world.engine, world.manager, world.generation).measure()

    assert (stats.engine_heap, stats.weights, stats.kv_caches) == (0, 0, 0)

"""The contract of `StorageSpace`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from tabagent.ports.storage_space import StorageSpace


async def there_is_a_quota_and_a_usage_below_it(space: StorageSpace) -> None:
    report = await space.report()

    assert report.quota > 0
    assert 0 <= report.usage <= report.quota
    assert report.free == report.quota - report.usage


async def a_promise_to_persist_is_reported_from_then_on(space: StorageSpace) -> None:
    promised = await space.persist()
    report = await space.report()

    assert report.persisted is promised


async def asking_twice_to_persist_gives_the_same_answer(space: StorageSpace) -> None:
    assert await space.persist() is await space.persist()


Case = Callable[[StorageSpace], Awaitable[None]]
CASES: tuple[Case, ...] = (
    there_is_a_quota_and_a_usage_below_it,
    a_promise_to_persist_is_reported_from_then_on,
    asking_twice_to_persist_gives_the_same_answer,
)

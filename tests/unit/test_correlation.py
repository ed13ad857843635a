"""Which request work belongs to."""

import asyncio

from tabagent.correlation import correlated, current


async def test_tasks_and_timers_that_are_started_within_belong_to_the_request() -> None:
    found: list[str] = []

    async def note() -> None:
        await asyncio.sleep(0)
        found.append(current())

    with correlated("request-1"):
        task = asyncio.create_task(note())
        asyncio.get_running_loop().call_later(0, lambda: found.append(current()))
    await task
    await asyncio.sleep(0.01)

    assert found == ["request-1", "request-1"]
    assert current() == ""


def test_the_outer_request_counts_again_afterwards() -> None:
    with correlated("outer"):
        with correlated("inner"):
            assert current() == "inner"
        assert current() == "outer"

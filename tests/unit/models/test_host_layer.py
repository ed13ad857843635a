"""A layer that changes nothing."""

from __future__ import annotations

from tabagent.adapters.memory.host import MemoryHost
from tabagent.models.host_layer import HostLayer


async def test_everything_reaches_the_host_below() -> None:
    host = MemoryHost()
    host.pages = 2
    layer = HostLayer(host)
    layer.retain("baton")
    layer.expect_within(3.0, "a token")
    expectations = [host.expected]
    layer.at_ease()
    expectations.append(host.expected)
    layer.restart("reset")

    assert expectations == [(3.0, "a token"), None]
    assert (host.baton, host.restarts) == ("baton", ["reset"])
    assert await layer.open_pages() == 2

"""What was not written down outlives a restart of the thread."""

from tabagent.adapters.memory.host import MemoryHost
from tabagent.logbook.handover import LogHandover, handed_over
from tabagent.models.baton import Baton, SharedBaton
from tests.unit.logbook.conftest import Rings, said


def test_the_next_thread_gets_the_entries_beside_the_baton(rings: Rings) -> None:
    host, ring = MemoryHost(), rings.thread()
    handover = LogHandover(host, ring.unwritten)
    shared = SharedBaton(handover, [])
    baton = Baton(percent=12.0)
    shared.retain(baton.to_text())
    assert handed_over(host.baton) == []

    ring.add(said("last words"))
    shared.restart("a reset")
    assert host.restarts == ["a reset"]
    assert [record["message"] for record in handed_over(host.baton)] == ["last words"]
    assert SharedBaton.read(host.baton) == (baton, [])


def test_a_restart_before_there_is_a_baton_hands_over_as_well(rings: Rings) -> None:
    host, ring = MemoryHost(), rings.thread()
    ring.add(said("early"))
    LogHandover(host, ring.unwritten).restart("early")

    assert [record["message"] for record in handed_over(host.baton)] == ["early"]
    assert SharedBaton.read(host.baton) == (Baton(), [])


def test_without_a_thread_before_there_is_nothing() -> None:
    assert handed_over("") == []


async def test_everything_else_goes_to_the_host(rings: Rings) -> None:
    host = MemoryHost()
    host.pages = 2
    handover = LogHandover(host, rings.thread().unwritten)
    handover.expect_within(3.0, "a token")
    assert host.expected == (3.0, "a token")

    handover.at_ease()
    assert host.expected is None
    assert await handover.open_pages() == 2

"""Limits that the supervisor keeps."""

from __future__ import annotations

from tabagent.adapters.memory.host import MemoryHost
from tabagent.events import ErrorCodes
from tabagent.models.deadlines import Deadlines, overdue_error


def test_a_deadline_that_passed_is_an_error_of_what_was_going_on() -> None:
    host = MemoryHost()
    Deadlines(host).expect("acme/tiny", "webgpu", "load", 1.5)
    assert host.expected is not None
    seconds, why = host.expected
    error = overdue_error(why)

    assert seconds == 1.5
    assert error is not None
    assert error.code is ErrorCodes.TIMED_OUT
    assert error.details == {"modelId": "acme/tiny", "device": "webgpu", "phase": "load", "seconds": 1.5}


def test_a_later_deadline_takes_the_place_of_an_earlier_one() -> None:
    host = MemoryHost()
    deadlines = Deadlines(host)
    deadlines.expect("acme/tiny", "wasm", "load", 120)
    deadlines.expect("acme/tiny", "wasm", "generation", 60)

    assert host.expected is not None
    assert host.expected[0] == 60


def test_a_deadline_that_is_off_ends_nothing() -> None:
    host = MemoryHost()
    deadlines = Deadlines(host)
    deadlines.expect("acme/tiny", "wasm", "load", 120)
    deadlines.off()

    assert host.expected is None


def test_a_thread_that_ended_otherwise_has_no_such_error() -> None:
    assert overdue_error("") is None

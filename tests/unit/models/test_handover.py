"""What the next thread is left with, at every moment."""

from __future__ import annotations

import pytest

from tabagent.adapters.memory.host import MemoryHost
from tabagent.errors import Busy
from tabagent.models.baton import Baton, Interrupted
from tabagent.models.handover import Handover
from tests.unit.conftest import load_request

ANSWER = Interrupted(chat_id="c", message_id="m", text="so far")


@pytest.fixture
def host() -> MemoryHost:
    return MemoryHost()


def kept(host: MemoryHost) -> Baton:
    return Baton.from_text(host.baton)


def test_every_baton_has_the_answers_and_the_model_that_is_asleep(host: MemoryHost) -> None:
    handover = Handover(host)
    handover.asleep = load_request("acme/other")
    handover.keep_answers((ANSWER,))
    assert kept(host) == Baton(asleep=handover.asleep, interrupted=(ANSWER,))

    handover.keep(Baton(load=load_request(), percent=3))
    assert kept(host) == Baton(load=load_request(), percent=3, asleep=handover.asleep, interrupted=(ANSWER,))


def test_answers_change_nothing_else(host: MemoryHost) -> None:
    handover = Handover(host)
    handover.keep(Baton(load=load_request(), percent=3))
    handover.keep_answers((ANSWER,))
    handover.keep_answers(())

    assert kept(host) == Baton(load=load_request(), percent=3)


def test_after_giving_up_nothing_is_left_whatever_is_kept(host: MemoryHost) -> None:
    handover = Handover(host)
    handover.asleep = load_request()
    handover.keep(Baton(load=load_request()))
    handover.give_up()
    assert kept(host) == Baton()

    handover.keep(Baton(load=load_request()))
    handover.keep_answers((ANSWER,))
    assert kept(host) == Baton()


def test_a_thread_that_is_about_to_end_refuses(host: MemoryHost) -> None:
    handover = Handover(host)
    handover.refuse_when_ending()
    handover.restart("reset")

    assert host.restarts == ["reset"]
    with pytest.raises(Busy, match="started again"):
        handover.refuse_when_ending()


def test_a_thread_that_gives_up_refuses_before_it_ends(host: MemoryHost) -> None:
    handover = Handover(host)
    handover.give_up()

    with pytest.raises(Busy):
        handover.refuse_when_ending()

"""The payloads: immutable, and every event has a name of its own."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from typing import get_args

import pytest

from tabagent import messages
from tabagent.messages import Event, EventName, InspectModel, Sender
from tests.unit.payloads import payloads_of, require_slots_and_names

EVENTS: tuple[type[Event], ...] = get_args(Event)
PAYLOADS = payloads_of(messages)


def test_no_two_events_share_a_name() -> None:
    assert len({event.name for event in EVENTS}) == len(EVENTS)


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.__name__)
def test_an_event_is_named_by_a_constant(event: type[Event]) -> None:
    assert isinstance(event.name, EventName)


@pytest.mark.parametrize("kind", PAYLOADS, ids=lambda kind: kind.__name__)
def test_a_payload_has_slots_and_takes_its_fields_by_name_only(kind: type) -> None:
    require_slots_and_names(kind)


def test_a_payload_cannot_be_changed() -> None:
    request = InspectModel(model_id="acme/tiny")

    with pytest.raises(FrozenInstanceError):
        request.model_id = "acme/other"  # type: ignore[misc]


def test_a_sender_without_a_tab_has_no_tab_address() -> None:
    assert Sender(extension_id="abc", url="").tab_url == ""

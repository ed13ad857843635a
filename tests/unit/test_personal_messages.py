"""The payloads about what belongs to the person: immutable, with fields by name only."""

from __future__ import annotations

import pytest

from tabagent import personal_messages
from tests.unit.payloads import payloads_of, require_slots_and_names

PAYLOADS = payloads_of(personal_messages)


def test_there_are_payloads() -> None:
    assert len(PAYLOADS) >= 5


@pytest.mark.parametrize("kind", PAYLOADS, ids=lambda kind: kind.__name__)
def test_a_payload_has_slots_and_takes_its_fields_by_name_only(kind: type) -> None:
    require_slots_and_names(kind)

"""The names on the wire."""

from __future__ import annotations

from enum import StrEnum

import pytest

from tabagent import events
from tabagent.events import RuntimeMessageTypes, UIEventNames, WorkerEventNames

ENUMERATIONS = [kind for kind in vars(events).values() if isinstance(kind, type) and issubclass(kind, StrEnum)]
ENUMERATIONS.remove(StrEnum)


@pytest.mark.parametrize("kind", ENUMERATIONS, ids=lambda kind: kind.__name__)
def test_no_two_names_share_a_value(kind: type[StrEnum]) -> None:
    # A member with the value of an earlier one is an alias: it is in __members__ and not in the iteration.
    assert len(kind.__members__) == len(list(kind))


@pytest.mark.parametrize("kind", ENUMERATIONS, ids=lambda kind: kind.__name__)
def test_every_value_is_a_word_that_needs_no_escaping(kind: type[StrEnum]) -> None:
    assert all(value and value.replace(":", "_").replace("-", "_").isidentifier() for value in kind)


def test_a_request_never_has_the_name_of_an_event() -> None:
    requests = {str(name) for name in RuntimeMessageTypes} | {str(WorkerEventNames.REQUEST_MEMORY_STATS)}
    published = {str(name) for name in (*WorkerEventNames, *UIEventNames)} - {
        str(WorkerEventNames.REQUEST_MEMORY_STATS)
    }

    assert not requests & published


def test_both_kinds_of_events_have_different_names() -> None:
    assert not {str(name) for name in WorkerEventNames} & {str(name) for name in UIEventNames}

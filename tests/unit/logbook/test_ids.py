"""Ids of entries."""

from tabagent.logbook.ids import entry_id, size_of


def test_ids_are_in_the_order_of_time_and_number() -> None:
    ids = [
        entry_id(999_999_999_999, 9, 1, 10),
        entry_id(1_700_000_000_000, 9, 9, 10),
        entry_id(1_700_000_000_000, 10, 1, 9),
        entry_id(1_700_000_000_001, 1, 1, 1),
    ]

    assert sorted(ids) == ids


def test_an_id_tells_the_size() -> None:
    assert size_of(entry_id(1_700_000_000_000, 1, 0x12345, 321)) == 321


def test_what_is_no_id_of_ours_has_no_size() -> None:
    assert size_of("2f1c7e0a-1111-4222-8333-444455556666") is None
    assert size_of("") is None

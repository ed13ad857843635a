"""Requests about prompts and about what is kept, at the edge."""

from __future__ import annotations

import pytest

from tabagent import personal_codec
from tabagent.errors import BadRequest, JsonObject
from tabagent.personal_messages import DeletePrompt, EraseData, SavePrompt, StoredKind


def test_a_name_loses_the_white_space_around_it_and_the_text_keeps_its_own() -> None:
    request = personal_codec.decode_save_prompt({"promptId": "a", "name": " My  prompt\n", "text": " x \n"})

    assert request == SavePrompt(prompt_id="a", prompt_name="My prompt", text=" x \n")


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"promptId": ""}, "promptId"),
        ({"name": None}, "name"),
        ({"name": " \n"}, "name"),
        ({"name": "n" * 81}, "name"),
        ({"text": ""}, "text"),
        ({"text": 5}, "text"),
        ({"text": "x" * 100_001}, "text"),
    ],
)
def test_a_prompt_needs_a_name_and_a_text_of_some_length(changed: JsonObject, field: str) -> None:
    with pytest.raises(BadRequest) as refused:
        personal_codec.decode_save_prompt({"promptId": "a", "name": "n", "text": "t", **changed})

    assert refused.value.details["field"] == field


def test_a_prompt_is_deleted_by_its_id() -> None:
    assert personal_codec.decode_delete_prompt({"promptId": "a"}) == DeletePrompt(prompt_id="a")


def test_kinds_are_erased_once_and_in_their_order() -> None:
    request = personal_codec.decode_erase_data({"kinds": ["logs", "chats", "logs"]})

    assert request == EraseData(kinds=(StoredKind.CHATS, StoredKind.LOGS))


@pytest.mark.parametrize("kinds", [None, [], "chats", ["chats", "everything"], [1], [None], [["chats"]]])
def test_nothing_is_erased_that_is_not_named_rightly(kinds: object) -> None:
    with pytest.raises(BadRequest, match="kinds must be a list"):
        personal_codec.decode_erase_data({"kinds": kinds})  # type: ignore[dict-item]

"""The settings of the panel's looks."""

from __future__ import annotations

import pytest

from tabagent.errors import JsonValue
from tabagent.parameters import AppearanceSettings, BadSetting, check, schema
from tabagent.parameters.appearance import LANGUAGES


@pytest.mark.parametrize(
    ("name", "value"),
    [("theme", "dark"), ("theme", "contrast"), ("language", "auto"), ("language", "ar"), ("text_size", 150)],
)
def test_what_the_panel_can_show_is_taken(name: str, value: JsonValue) -> None:
    assert check({name: value}, AppearanceSettings) == {name: value}


@pytest.mark.parametrize(
    ("name", "value"),
    [("theme", "pink"), ("theme", 1), ("language", "xx"), ("language", None), ("text_size", 89), ("text_size", 151)],
)
def test_anything_else_is_refused(name: str, value: JsonValue) -> None:
    with pytest.raises(BadSetting, match=name):
        check({name: value}, AppearanceSettings)


def test_the_form_is_told_the_words_that_a_choice_takes() -> None:
    told = {str(row["name"]): row["choices"] for row in schema(AppearanceSettings)}

    assert told == {
        "theme": ["system", "light", "dark", "contrast"],
        "language": ["auto", *LANGUAGES],
        "text_size": [],
    }

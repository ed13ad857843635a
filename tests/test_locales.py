"""The texts of the panel: every language says everything, with the same placeholders; none is never said."""

from __future__ import annotations

import re

import pytest

from tabagent.events import ErrorCodes, TransferStates
from tabagent.parameters import AppearanceSettings, ResourceSettings, schema
from tabagent.parameters.appearance import LANGUAGES
from tools.build.locales import DEFAULT, languages, texts_of
from tools.environment import ROOT

LOCALES = ROOT / "extension" / "locales"
OTHERS = [name for name in LANGUAGES if name != DEFAULT]
ENGLISH = texts_of(LOCALES, DEFAULT)
SOURCES = "\n".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "extension/sidepanel").rglob("*.js")))
PLURAL = re.compile(r"_(zero|one|two|few|many|other)$")
PLACEHOLDER = re.compile(r"\{(\w+)\}")
# Keys that are put together: what their ends are, and where the ends come from.
PUT_TOGETHER = {
    "error_": "codes of errors.py",
    "setting_": "names of settings, their choices and types, as the background publishes them",
    "settings_preset_": "presets.js",
    "settings_reset_": "scopes of settings",
    "shelf_status_": "states of what is stored, of the background",
    "shelf_transfer_": "states of a transfer, of the background",
    "model_status_": "states of what is stored, of the background",
    "models_": "what one can do with a download, of shelf_view.js",
    "privacy_kind_": "kinds of what is kept, of the background",
    "privacy_leaves_": "the list in privacy.js",
    "logs_level_": "levels of the logs",
    "drive_kind_": "kinds of files, of the background",
    "chat_tab_": "the views",
    "chat_branch_": "to the earlier and to the later one",
    "chat_action_": "what one can do with a message",
    "history_age_": "how old a chat is",
    "history_export_": "formats of an export",
    "history_filter_": "the lists of chats",
    "history_working_": "export and import",
}
# The manifest asks for these.
ELSEWHERE = ("extension_",)


def test_the_folders_are_the_languages_that_can_be_chosen() -> None:
    assert set(languages(LOCALES)) == set(LANGUAGES)


@pytest.mark.parametrize("language", OTHERS)
def test_a_language_has_exactly_the_texts_of_english(language: str) -> None:
    texts = texts_of(LOCALES, language)

    assert set(ENGLISH) - set(texts) == set()
    assert set(texts) - set(ENGLISH) == set()
    assert [key for key, text in texts.items() if not text.strip()] == []


@pytest.mark.parametrize("language", OTHERS)
def test_a_text_has_the_placeholders_of_english(language: str) -> None:
    texts = texts_of(LOCALES, language)
    wrong = {
        key: (texts[key], text)
        for key, text in ENGLISH.items()
        if sorted(PLACEHOLDER.findall(text)) != sorted(PLACEHOLDER.findall(texts[key]))
    }

    assert wrong == {}


@pytest.mark.parametrize("language", OTHERS)
def test_a_language_is_not_a_copy_of_english(language: str) -> None:
    """Some words are the same in two languages; most texts of more than three words are not."""
    texts = texts_of(LOCALES, language)

    assert [key for key, text in ENGLISH.items() if len(text.split()) > 3 and texts[key] == text] == []


def test_every_text_that_the_panel_asks_for_exists() -> None:
    asked = re.findall(r"\b(?:t|rich)\(\s*\"([a-z0-9_]+)\"", SOURCES)

    assert len(asked) > 200
    assert [key for key in asked if key not in ENGLISH and f"{key}_other" not in ENGLISH] == []


def test_no_text_is_there_that_nothing_says() -> None:
    said = set(re.findall(r"\"([a-z][a-z0-9]*_[a-z0-9_]+)\"", SOURCES))
    prefixes = (*PUT_TOGETHER, *ELSEWHERE)
    unsaid = [
        key for key in ENGLISH if key not in said and PLURAL.sub("", key) not in said and not key.startswith(prefixes)
    ]

    assert unsaid == []
    assert [
        prefix for prefix in PUT_TOGETHER if f"`{prefix}${{" not in SOURCES and f'"{prefix[:-1]}"' not in SOURCES
    ] == []


def test_every_error_has_its_word_and_no_other_has() -> None:
    words = {key.removeprefix("error_") for key in ENGLISH if key.startswith("error_")}

    assert words == {str(code) for code in ErrorCodes} | {"with_details"}


def test_every_state_of_a_transfer_has_its_word() -> None:
    words = {key.removeprefix("shelf_transfer_") for key in ENGLISH if key.startswith("shelf_transfer_")}

    assert words == {str(state) for state in TransferStates}


def test_the_english_help_of_a_setting_is_what_the_background_publishes() -> None:
    known = [*schema(), *schema(AppearanceSettings), *schema(ResourceSettings)]
    meanings = {f"setting_{each['name']}_help": each["meaning"] for each in known}
    help_texts = {key: text for key, text in ENGLISH.items() if re.fullmatch(r"setting_\w+_help", key)}

    assert len(help_texts) >= 20
    assert help_texts == {key: meanings.get(key) for key in help_texts}

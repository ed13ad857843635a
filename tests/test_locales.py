"""The texts of the panel: every language says everything, with the same placeholders; none is never said."""

from __future__ import annotations

import re
import unicodedata
from typing import cast

import pytest

from tabagent.events import ErrorCodes, TransferStates
from tabagent.parameters import AppearanceSettings, GenerationSettings, Kind, Refusal, ResourceSettings, schema
from tabagent.parameters.appearance import LANGUAGES
from tabagent.sentences import Sentence
from tools.build.locales import DEFAULT, languages, texts_of
from tools.environment import ROOT

LOCALES = ROOT / "extension" / "locales"
OTHERS = [name for name in LANGUAGES if name != DEFAULT]
ENGLISH = texts_of(LOCALES, DEFAULT)
SOURCES = "\n".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "extension/sidepanel").rglob("*.js")))
PLURAL = re.compile(r"_(zero|one|two|few|many|other)$")
PLACEHOLDER = re.compile(r"\{(\w+)\}")
SETTINGS = [row for kind in (AppearanceSettings, GenerationSettings, ResourceSettings) for row in schema(kind)]
NAMES = {str(row["name"]) for row in SETTINGS}
# What the background says; its English is the panel's, so that only the other languages have a text.
OF_SETTINGS = {f"setting_{row['name']}_help": str(row["meaning"]) for row in SETTINGS} | {
    f"setting_refused_{refusal.code}": str(refusal) for refusal in Refusal
}
PUBLISHED = OF_SETTINGS | {f"reason_{sentence.code}": str(sentence) for sentence in Sentence}
TO_TRANSLATE = ENGLISH | PUBLISHED
# Names that nobody translates.
TECHNICAL = {"top_k", "top_p", "min_p", "typical_p"}
# Keys that are put together: what their ends are, and where the ends come from.
PUT_TOGETHER = {
    "error_": "codes of errors.py",
    "reason_": "codes of sentences.py, in all languages but English",
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
def test_a_language_has_exactly_the_texts_of_english_and_those_of_the_background(language: str) -> None:
    texts = texts_of(LOCALES, language)

    assert set(TO_TRANSLATE) - set(texts) == set()
    assert set(texts) - set(TO_TRANSLATE) == set()
    assert [key for key, text in texts.items() if not text.strip()] == []


@pytest.mark.parametrize("language", OTHERS)
def test_a_text_has_the_placeholders_of_english(language: str) -> None:
    texts = texts_of(LOCALES, language)
    wrong = {
        key: (texts[key], text)
        for key, text in TO_TRANSLATE.items()
        if sorted(PLACEHOLDER.findall(text)) != sorted(PLACEHOLDER.findall(texts[key]))
    }

    assert wrong == {}


@pytest.mark.parametrize("language", OTHERS)
def test_a_language_is_not_a_copy_of_english(language: str) -> None:
    """Some words are the same in two languages; most texts of more than three words are not."""
    texts = texts_of(LOCALES, language)

    assert [key for key, text in TO_TRANSLATE.items() if len(text.split()) > 3 and texts[key] == text] == []


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


def test_no_error_is_drawn_without_its_word() -> None:
    assert re.findall(r">\$\{\w*\.?error\.message\}", SOURCES) == []


def test_every_state_of_a_transfer_has_its_word() -> None:
    words = {key.removeprefix("shelf_transfer_") for key in ENGLISH if key.startswith("shelf_transfer_")}

    assert words == {str(state) for state in TransferStates}


def test_what_the_background_says_is_written_once_in_english() -> None:
    assert set(PUBLISHED) & set(ENGLISH) == set()


def test_settings_of_one_name_share_what_is_said_of_them() -> None:
    meanings = {(row["name"], row["meaning"]) for row in SETTINGS}

    assert len(meanings) == len(NAMES)


def test_a_reason_that_no_setting_has_is_not_translated() -> None:
    assert {row["refusedCode"] for row in SETTINGS} - {""} == {refusal.code for refusal in Refusal}


def test_every_setting_has_a_label_except_those_that_are_known_by_their_technical_name() -> None:
    assert {name for name in NAMES if f"setting_{name}" not in ENGLISH} == TECHNICAL


@pytest.mark.parametrize("language", [DEFAULT, *OTHERS])
def test_two_settings_have_two_labels(language: str) -> None:
    texts = texts_of(LOCALES, language)
    labels = [texts[f"setting_{name}"] for name in NAMES - TECHNICAL]

    assert [label for label in labels if labels.count(label) > 1] == []


def test_every_text_of_the_settings_belongs_to_one_to_a_choice_or_to_a_type() -> None:
    said = set(re.findall(r"\"(setting_[a-z0-9_]+)\"", SOURCES))
    labels = {f"setting_{name}" for name in NAMES}
    choices = {f"setting_{row['name']}_{choice}" for row in SETTINGS for choice in cast(list[str], row["choices"])}
    types = {f"setting_written_{kind.replace(' ', '_')}" for kind in Kind}
    sources = {f"setting_from_{source}" for source in ("default", "model", "global")}

    assert {key for key in ENGLISH if key.startswith("setting_")} - said - labels - choices - types - sources == set()


def test_an_arabic_help_begins_with_a_letter_that_turns_its_line_to_the_left() -> None:
    """A help text goes the direction of its first letter, because it may be the background's English."""
    texts = texts_of(LOCALES, "ar")
    first = {key: next(filter(str.isalpha, texts[key])) for key in OF_SETTINGS}

    assert [key for key, letter in first.items() if unicodedata.bidirectional(letter) != "AL"] == []

"""The texts of all languages on their way into the package."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tools.build.locales import bundled_texts, chrome_messages, languages, texts_of
from tools.environment import ToolError


@pytest.fixture
def locales(tmp_path: Path) -> Path:
    _write(tmp_path, "en/chat.json", {"chat_send": "Send"})
    _write(tmp_path, "en/models.json", {"models_load": "Load"})
    _write(tmp_path, "de/chat.json", {"chat_send": "Senden"})
    return tmp_path


def test_all_areas_of_a_language_are_one_catalog(locales: Path) -> None:
    assert json.loads(bundled_texts(locales)) == {"chat_send": "Send", "models_load": "Load"}


def test_english_comes_first_and_has_to_be_there(locales: Path) -> None:
    assert languages(locales) == ["en", "de"]
    with pytest.raises(ToolError, match="en is missing"):
        languages(locales / "en")


def test_every_language_gets_a_file_in_chromes_format(locales: Path) -> None:
    files = chrome_messages(locales)
    assert sorted(files) == ["_locales/de/messages.json", "_locales/en/messages.json"]
    assert json.loads(files["_locales/de/messages.json"]) == {"chat_send": {"message": "Senden"}}


@pytest.mark.parametrize(
    ("texts", "complaint"),
    [
        ({"send": "Send"}, "begin with chat_"),
        ({"models_load": "Load"}, "begin with chat_"),
        ({"chat_Send": "Send"}, "begin with chat_"),
        ({"chat_send": "5 $"}, "without \\$"),
        ({"chat_send": 5}, "must be a text"),
    ],
)
def test_a_key_or_text_that_chrome_would_not_take_ends_the_build(
    locales: Path, texts: dict[str, object], complaint: str
) -> None:
    _write(locales, "en/chat.json", texts)
    with pytest.raises(ToolError, match=complaint):
        texts_of(locales, "en")


def test_a_file_that_is_no_json_is_named(locales: Path) -> None:
    (locales / "en" / "chat.json").write_text("{", encoding="utf-8")
    with pytest.raises(ToolError, match=r"chat\.json cannot be read"):
        texts_of(locales, "en")


def _write(folder: Path, name: str, texts: object) -> None:
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text(json.dumps(texts), encoding="utf-8")

"""The texts of the panel: from extension/locales/LANGUAGE/AREA.json to its bundle and to Chrome's `_locales`."""

from __future__ import annotations

import json
import re
from pathlib import Path

from tools.environment import ToolError

# The language that every other one falls back to; the manifest's default_locale.
DEFAULT = "en"
KEY = re.compile(r"[a-z][a-z0-9_]*")


def languages(locales: Path) -> list[str]:
    """Return the names of the folders in `locales`, the default language first."""
    names = sorted(path.name for path in locales.iterdir() if path.is_dir())
    if DEFAULT not in names:
        raise ToolError(f"{locales / DEFAULT} is missing: the texts of the other languages are translations of it")
    return [DEFAULT, *(name for name in names if name != DEFAULT)]


def texts_of(locales: Path, language: str) -> dict[str, str]:
    """Return all texts of a language by their keys, from all its areas.

    Raises:
        ToolError: A file cannot be read, or a key or text is not as docs/architecture.md says: a key begins with its
            area's name, so no two areas can have the same; `$` has a meaning of its own in Chrome's format.
    """
    texts: dict[str, str] = {}
    for path in sorted((locales / language).glob("*.json")):
        try:
            area = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise ToolError(f"{path} cannot be read: {error}") from error
        for key, text in area.items():
            if not KEY.fullmatch(key) or not key.startswith(f"{path.stem}_"):
                raise ToolError(f"{path}: the key {key!r} must be of a-z, 0-9 and _ and begin with {path.stem}_")
            if not isinstance(text, str) or "$" in text:
                raise ToolError(f"{path}: {key} must be a text without $")
            texts[key] = text
    return texts


def bundled_texts(locales: Path) -> str:
    """Return the texts that the panel has in its bundle, as JSON: English."""
    return json.dumps(texts_of(locales, DEFAULT), ensure_ascii=False)


def chrome_messages(locales: Path) -> dict[str, str]:
    """Return {path in the package: content} of all languages, in the format that Chrome gives names in the manifest."""
    files = {}
    for language in languages(locales):
        texts = {key: {"message": text} for key, text in texts_of(locales, language).items()}
        files[f"_locales/{language}/messages.json"] = json.dumps(texts, ensure_ascii=False, indent=0) + "\n"
    return files

"""How the panel looks; the panel does what these say, and the background keeps them for every panel."""

from __future__ import annotations

from dataclasses import dataclass

from tabagent.parameters.parameter import Group, Kind, Source, option

SYSTEM = "system"
AUTO = "auto"
# One folder of extension/locales each; a test compares.
LANGUAGES = ("en", "de", "es", "fr", "ar")

_ABOUT = {"source": Source.NEW, "group": Group.COMMON}


@dataclass(frozen=True, slots=True, kw_only=True)
class AppearanceSettings:
    """Settings of every panel's looks."""

    theme: str = option(
        Kind.CHOICE,
        SYSTEM,
        "Colours of the panel; system follows the computer.",
        choices=(SYSTEM, "light", "dark", "contrast"),
        **_ABOUT,
    )
    language: str = option(
        Kind.CHOICE,
        AUTO,
        "Language of the panel; auto is the browser's.",
        choices=(AUTO, *LANGUAGES),
        **_ABOUT,
    )
    text_size: int = option(
        Kind.INTEGER,
        100,
        "Size of all text, in per cent.",
        low=90,
        high=150,
        step=10,
        **_ABOUT,
    )

"""The colours of styles/tokens.css: whatever is drawn on whatever can be read, in every theme (WCAG 2, level AA)."""

from __future__ import annotations

import re

import pytest

from tools.environment import ROOT

TOKENS = (ROOT / "extension" / "sidepanel" / "styles" / "tokens.css").read_text(encoding="utf-8")
PAIR = re.compile(r"--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)")
SURFACES = ("surface", "surface-raised", "surface-sunken", "surface-user")
CODE = ("text", "comment", "keyword", "string", "number", "function", "type", "name", "meta")
# What is text, on what it is drawn.
TEXTS = [
    *((text, surface) for text in ("text", "text-muted", "accent") for surface in SURFACES),
    ("on-accent", "accent"),
    ("on-accent", "accent-hover"),
    ("bad", "surface"),
    ("bad", "bad-surface"),
    ("text", "bad-surface"),
    *((f"code-{part}", "code-surface") for part in CODE),
    ("code-text", "code-added"),
    ("code-text", "code-removed"),
]
# What is no text but tells something: the edges of fields, the bars, the dot of the status.
SIGNS = [("line-strong", surface) for surface in ("surface", "surface-raised")] + [
    ("accent", "surface-sunken"),
    ("good", "surface"),
    ("busy", "surface"),
    ("bad", "surface"),
]
PLAIN, STRONG = TOKENS.split(':root[data-contrast="more"]')


def _colours(theme: str) -> dict[str, str]:
    found = {name: (light, dark) for name, light, dark in PAIR.findall(PLAIN)}
    if theme.startswith("strong"):
        found |= {name: (light, dark) for name, light, dark in PAIR.findall(STRONG)}
    return {name: pair[theme.endswith("dark")] for name, pair in found.items()}


def _luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_black_on_white_has_the_contrast_of_the_standard() -> None:
    assert round(_contrast("#000000", "#ffffff"), 2) == 21
    assert round(_contrast("#777777", "#ffffff"), 2) == 4.48


@pytest.mark.parametrize(
    ("theme", "text_limit", "sign_limit"),
    [("light", 4.5, 3), ("dark", 4.5, 3), ("strong light", 7, 4.5), ("strong dark", 7, 4.5)],
)
def test_texts_and_signs_stand_out(theme: str, text_limit: float, sign_limit: float) -> None:
    colours = _colours(theme)
    limits = [(pair, text_limit) for pair in TEXTS] + [(pair, sign_limit) for pair in SIGNS]
    weak = {pair: round(_contrast(colours[pair[0]], colours[pair[1]]), 2) for pair, _ in limits}

    assert {pair: weak[pair] for pair, limit in limits if weak[pair] < limit} == {}

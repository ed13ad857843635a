"""What the panel's page weighs, when it paints, and what a piece of an answer costs at its end."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tools.bench.results import Row, Series, Target
from tools.bench.session import PAGES, Session

if TYPE_CHECKING:
    from playwright.sync_api import Page

FIRST_PAINT_MS = 150.0
JAVASCRIPT_KB = 300.0
STEEPEST = 1.5
# About 60,000 characters, in pieces of a token each.
PIECES = 12_000
WINDOW = 0.1
# A page may paint before its load event; a ratio needs more than nothing.
LEAST_MS = 1.0
_SETTLED = "performance.getEntriesByName('first-contentful-paint').length > 0 && document.readyState === 'complete'"
_AFTER_LOAD = """() => {
  const [navigation] = performance.getEntriesByType("navigation");
  return performance.getEntriesByName("first-contentful-paint")[0].startTime - navigation.loadEventEnd;
}"""
_STATIC_IMPORT = re.compile(r'(?:from|import)\s*"\./([\w-]+\.js)"')


@dataclass(frozen=True, slots=True)
class PageLook:
    """What one look at the page gave.

    Attributes:
        paint_ms: from the end of the load event to the first paint, the runtime being warm.
        words_ms: the same of a web page with a few words.
        whole_kb: all JavaScript of the panel, in 1,000 bytes.
        start_kb: as much of it as is loaded at the start.
        beginning_ms: a piece of a long answer at its beginning.
        end_ms: the same at its end.
    """

    paint_ms: float
    words_ms: float
    whole_kb: float
    start_kb: float
    beginning_ms: float
    end_ms: float


def look(session: Session, extension: Path) -> PageLook:
    """Open the panel once more, beside one that has started the background, and measure its page."""
    words_page = _painted(session, f"{session.address}/pages/words.html")
    words = _after_load(words_page)
    words_page.close()
    page = _painted(session, session.browser.panel_url)
    paint = _after_load(page)
    page.wait_for_selector("html[data-connected=true] .log", state="attached")
    streaming = (PAGES / "streaming.js").read_text(encoding="utf-8")
    cost = page.evaluate(streaming, {"pieces": PIECES, "share": WINDOW})
    page.close()
    return PageLook(
        paint_ms=paint,
        words_ms=words,
        whole_kb=_kilobytes((extension / "sidepanel").glob("*.js")),
        start_kb=_kilobytes(loaded_with(extension / "sidepanel" / "main.js")),
        beginning_ms=float(cost["beginning"]),
        end_ms=float(cost["end"]),
    )


def loaded_with(module: Path) -> set[Path]:
    """Return a bundled module and all that it imports at once, not what it imports when it needs it."""
    found: set[Path] = set()
    waiting = [module]
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.add(path)
            names = _STATIC_IMPORT.findall(path.read_text(encoding="utf-8"))
            waiting += [path.parent / name for name in names]
    return found


def rows(looks: Sequence[PageLook]) -> list[Row]:
    """Return the rows of the report."""

    def series(name: str) -> Series:
        return Series(tuple(getattr(each, name) for each in looks))

    paint = Target("<=", FIRST_PAINT_MS, of="ours")
    weight = Target("<=", JAVASCRIPT_KB, of="ours")
    return [
        Row("first_paint_ms", "ms", series("paint_ms"), series("words_ms"), "words-page", paint),
        Row("panel_js_kb", "kB", series("start_kb"), series("whole_kb"), "with-every-page", weight),
        Row("answer_piece_ms", "ms", series("end_ms"), series("beginning_ms"), "at-beginning", Target("<=", STEEPEST)),
    ]


def _painted(session: Session, address: str) -> Page:
    page = session.open_window()
    page.goto(address)
    page.wait_for_function(_SETTLED)
    return page


def _after_load(page: Page) -> float:
    return max(float(page.evaluate(_AFTER_LOAD)), LEAST_MS)


def _kilobytes(files: Iterable[Path]) -> float:
    return sum(path.stat().st_size for path in files) / 1000

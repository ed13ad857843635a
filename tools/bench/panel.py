"""`panel`: the longest time for which the panel's page stands still, in each phase of a first use.

After it, what `panel_page` finds: first paint, size, and what a piece of an answer costs.

A timer that should fire every 10 ms runs in the real panel, and the same timer in a web page without any work
("idle-page", a process of its own). What the idle page misses, the machine itself was too busy to give.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tools.bench import panel_page
from tools.bench.extension_facts import event_names
from tools.bench.panel_page import PageLook
from tools.bench.results import Report, Row, Series, Target
from tools.bench.session import PAGES, Session, Side, open_session
from tools.bench.texts import long_question
from tools.environment import ToolError
from tools.environment import report as tell
from tools.run.panel import PanelDriver

if TYPE_CHECKING:
    from playwright.sync_api import Page

PHASES = ("boot", "download", "load", "prefill", "decode")
PERIOD_MS = 10.0
LIMIT_MS = 50.0
# Of a prompt of about 1,000 tokens.
PROMPT_WORDS = 810
ANSWER_TOKENS = 64
# Small files come before, starting and warming up after this part of a load's progress (design of the progress bar).
DOWNLOADED_PERCENT = 90.0
STEP_MS = 250
LIMIT_SECONDS = 300.0

Window = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Gap:
    """Between two ticks of a timer.

    Attributes:
        end: when it ended, in milliseconds since 1970.
        length: how long it was, in milliseconds.
    """

    end: float
    length: float


def measure(extension: Path, rounds: int) -> Report:
    """Use the panel from the first start to the end of an answer, `rounds` times, each in a new profile."""
    from tools.model.default_model import REPOSITORY, ensure_default_model

    model = ensure_default_model()
    ours: dict[str, list[float]] = {phase: [] for phase in PHASES}
    idle: dict[str, list[float]] = {phase: [] for phase in PHASES}
    looks: list[PageLook] = []
    for number in range(rounds):
        tell(f"round {number + 1} of {rounds} …")
        with open_session(extension, models={REPOSITORY: model}) as session:
            windows, panel_gaps, idle_gaps = first_use(session)
            looks.append(panel_page.look(session, extension))
        for phase, window in windows.items():
            ours[phase].append(longest(panel_gaps, window))
            idle[phase].append(longest(idle_gaps, window))
    return report(
        {phase: Series(tuple(gaps)) for phase, gaps in ours.items()},
        {phase: Series(tuple(gaps)) for phase, gaps in idle.items()},
        looks,
    )


def report(ours: Mapping[str, Series], idle: Mapping[str, Series], looks: Sequence[PageLook]) -> Report:
    """Compare the panel with the idle page, phase by phase, and its page with what it should be."""
    target = Target("<=", LIMIT_MS, of="ours")
    rows = [Row(f"longest_gap_ms/{phase}", "ms", ours[phase], idle[phase], "idle-page", target) for phase in PHASES]
    return Report("panel", [*rows, *panel_page.rows(looks)])


def longest(gaps: Iterable[Gap], window: Window) -> float:
    """Return the longest gap that overlaps a window; the timer's period when none does."""
    begin, end = window
    return max((gap.length for gap in gaps if gap.end > begin and gap.end - gap.length < end), default=PERIOD_MS)


def phases(marks: Sequence[Mapping[str, Any]], names: Mapping[str, str]) -> dict[str, Window]:
    """Return when each phase after the boot began and ended.

    Args:
        marks: events that the background published, oldest first: `type`, `time` and, of a load, `progress`.
        names: the events' values by their names.

    Raises:
        ToolError: an event is missing, so that a phase has no end.
    """

    def times(name: str) -> list[float]:
        found = [float(mark["time"]) for mark in marks if mark["type"] == names[name]]
        if not found:
            raise ToolError(f"the background did not publish {name}: the phases cannot be told apart")
        return found

    progress = [mark for mark in marks if mark["type"] == names["MODEL_WORKER_LOADING_PROGRESS"]]
    downloaded = [float(mark["time"]) for mark in progress if mark["progress"] <= DOWNLOADED_PERCENT]
    if not downloaded:
        raise ToolError("the background published no progress of a download: the phases cannot be told apart")
    ready, read = times("WORKER_READY")[0], times("GENERATION_UPDATE")[0]
    return {
        "download": (downloaded[0], downloaded[-1]),
        "load": (downloaded[-1], ready),
        "prefill": (times("GENERATION_STATUS")[0], read),
        "decode": (read, times("GENERATION_COMPLETE")[-1]),
    }


def first_use(session: Session) -> tuple[dict[str, Window], list[Gap], list[Gap]]:
    """Start, download, load, ask; return the phases and the gaps of the panel and of the idle page."""
    timer = PAGES / "timer.js"
    idle = session.open_window()
    idle.goto(f"{session.address}/pages/idle.html")
    page = session.open_window()
    page.add_init_script(path=timer)
    page.goto(session.browser.panel_url)
    panel = PanelDriver(page)
    panel.wait_until_started()
    booted = (_first_paint(page), _now(page))
    witness = session.ours()
    panel.choose(device="wasm", max_new_tokens=ANSWER_TOKENS)
    _click(page, "load-button")
    marks = _wait_for(witness, "WORKER_READY")
    page.get_by_test_id("prompt").fill(long_question(0, PROMPT_WORDS))
    page.keyboard.press("Enter")
    marks += _wait_for(witness, "GENERATION_COMPLETE")
    windows = {"boot": booted, **phases(marks, event_names())}
    return windows, _gaps(page), _gaps(idle)


def _wait_for(witness: Side, name: str) -> list[dict[str, Any]]:
    """Wait for an event without touching the panel; return all that were published until then."""
    names = event_names()
    failures = {names["ERROR"], names["GENERATION_ERROR"], names["FATAL_ERROR"]}
    marks: list[dict[str, Any]] = []
    for _ in range(int(LIMIT_SECONDS * 1000 / STEP_MS)):
        marks += witness.call("takeMarks")
        seen = {mark["type"] for mark in marks}
        if failed := seen & failures:
            raise ToolError(f"the panel was used and the background published {', '.join(sorted(failed))}")
        if names[name] in seen:
            return marks
        witness.page.wait_for_timeout(STEP_MS)
    raise ToolError(f"the background did not publish {name} within {LIMIT_SECONDS:.0f} s")


def _first_paint(page: Page) -> float:
    """Return when the panel first showed something: before that there is nothing that could stand still."""
    return float(
        page.evaluate(
            "performance.timeOrigin + performance.getEntriesByName('first-contentful-paint')[0].startTime",
        )
    )


def _click(page: Page, name: str) -> None:
    """Press a button with the mouse alone; Playwright's own click examines the page first, which takes its time."""
    box = page.get_by_test_id(name).bounding_box()
    if box is None:
        raise ToolError(f"the panel shows no {name}")
    page.wait_for_timeout(STEP_MS)
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)


def _gaps(page: Page) -> list[Gap]:
    return [Gap(end=float(gap["end"]), length=float(gap["gap"])) for gap in page.evaluate("takeGaps()")]


def _now(page: Page) -> float:
    return float(page.evaluate("performance.timeOrigin + performance.now()"))

"""`memory`: what is left of a model that was given back, and what many answers leave behind.

What is left is anonymous memory of the renderers, as the system counts it, each time in a new browser. What grows is
asked of the background itself: ONNX Runtime's memory, Python's, and the runtime thread's JavaScript heap after a
collection; and in a thread that counts them, the proxies of Python objects that nobody has destroyed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tools.bench.answers import DEVICE, DTYPE, ask, load_options, peers_folders
from tools.bench.memory import MemoryWatch, renderers
from tools.bench.results import Report, Row, Series, Target
from tools.bench.rounds import each_in_turn
from tools.bench.session import Session, Side, ThreadSide, open_session
from tools.bench.texts import chat, short_question
from tools.environment import report as tell

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tools.browser import ExtensionBrowser

PEER = "bare-js"
MIB = 1 << 20
RETAINED_MIB = 50.0
ANSWERS, ANSWER_TOKENS = 3, 64
# Until a thread has brought in what it prepares after its start, and processes have given back what they can.
SETTLE_MS = 5000
# Of the smallest sum that is looked for then.
SAMPLES, SAMPLE_MS = 10, 200

GENERATIONS, WARM_UP, SHORT_TOKENS = 200, 20, 8
GROWTH_PERCENT = 5.0
# So little that chats give their caches back all the time, the first long before the warm-up is over.
CACHE_MEGABYTES = 64


@dataclass(frozen=True, slots=True)
class Heaps:
    """Memory of a runtime thread, in MiB, by name: "engine", "python", "javascript"."""

    sizes: Mapping[str, float]

    @property
    def total(self) -> float:
        """All of it."""
        return sum(self.sizes.values())

    @property
    def shown(self) -> str:
        """Each of them."""
        return ", ".join(f"{name} {size:.1f}" for name, size in self.sizes.items())


@dataclass(frozen=True, slots=True)
class Proxies:
    """Proxies of Python objects: how many were made, and how many of them are left, by the calls that made those."""

    made: int
    left: int
    stacks: Mapping[str, int]


def measure(extension: Path, rounds: int) -> Report:
    """Give a model back in new browsers `rounds` times, then answer many times."""
    from tools.model.default_model import REPOSITORY, ensure_default_model

    model = ensure_default_model()

    def session() -> Any:
        return open_session(extension, folders=peers_folders(extension), models={REPOSITORY: model})

    def give_back(number: int) -> dict[str, float]:
        with session() as opened:
            return retained(opened, REPOSITORY, model)

    taken = each_in_turn({"both": give_back}, rounds, rehearsals=0, what="browser")["both"]
    left = {name: Series(tuple(each[name] for each in taken)) for name in taken[0]}
    load = {"model": REPOSITORY, "dtype": DTYPE, "device": DEVICE}
    with session() as opened:
        before, after = grown(opened, load)
    with session() as opened:
        return report(left, before, after, counted(opened, load))


def report(left: Mapping[str, Series], before: Heaps, after: Heaps, proxies: Proxies) -> Report:
    """Compare what is left with the peer's, and what has grown with the limits.

    Args:
        left: MiB, by side; "uncollected" is ours before a garbage collection was asked for.
        before: after the warm-up.
        after: after all generations.
        proxies: of as many generations.
    """
    growth = (after.total - before.total) / before.total * 100
    limit = Target("<=", GROWTH_PERCENT, of="ours")
    worst = sorted(proxies.stacks.items(), key=lambda pair: -pair[1])[:3]
    return Report(
        "memory",
        [
            Row("retained_mb", "MiB", left["ours"], left[PEER], PEER, Target("<=", RETAINED_MIB, of="ours")),
            Row("growth_percent", "%", Series((growth,)), Series((GROWTH_PERCENT,)), "limit", limit),
            Row(
                "proxies_left",
                "",
                Series((float(proxies.left),)),
                Series((float(proxies.made),)),
                "made",
                Target("<=", 0, of="ours"),
            ),
        ],
        [
            f"Before a collection was asked for, {left['uncollected'].shown} MiB were left of ours.",
            f"MiB after {WARM_UP} generations: {before.shown}; after {GENERATIONS} more: {after.shown}.",
            *(f"{count} proxies left by: {' '.join(stack.split())[:300]}" for stack, count in worst),
        ],
    )


def retained(session: Session, repository: str, model: Path) -> dict[str, float]:
    """Load, answer and give back on both sides; return what is left in MiB, less than nothing as a tenth."""
    ours, peer, browser = session.ours(), session.peer(PEER, "bare.html"), session.browser
    options = load_options(ours.call("threads"), repository, model)
    ours.call("download", options)
    own = MemoryWatch(renderers(browser.context, of_extensions=True))
    others = MemoryWatch(renderers(browser.context, of_extensions=False))
    collect_garbage(browser, ours.page)
    before = settled(own, ours.page)
    _use(ours, options)
    uncollected = settled(own, ours.page)
    collect_garbage(browser, ours.page)
    after = settled(own, ours.page)
    before_peer = settled(others, peer.page)
    _use(peer, options)
    collect(peer.page)
    after_peer = settled(others, peer.page)
    grown = {"ours": after - before, "uncollected": uncollected - before, PEER: after_peer - before_peer}
    return {name: max(0.1, size / MIB) for name, size in grown.items()}


def grown(session: Session, load: Mapping[str, Any]) -> tuple[Heaps, Heaps]:
    """Answer many times, each in a new chat; return the heaps after the warm-up and at the end."""
    ours = session.ours()
    ours.call("setResources", {"cache_megabytes": CACHE_MEGABYTES})
    ours.call("load", load)
    answer(ours, WARM_UP)
    before = heaps(ours, session.browser)
    answer(ours, GENERATIONS, begin=WARM_UP)
    return before, heaps(ours, session.browser)


def counted(session: Session, load: Mapping[str, Any]) -> Proxies:
    """Answer as many times in a thread that counts proxies."""
    side: ThreadSide = session.thread("counted", ["counted_proxies"])
    side.call("setResources", {"cache_megabytes": CACHE_MEGABYTES})
    side.call("load", load)
    answer(side, WARM_UP)
    side.probe("countProxies")
    answer(side, GENERATIONS, begin=WARM_UP)
    side.page.wait_for_timeout(SETTLE_MS)
    found = side.probe("proxies")
    return Proxies(made=found["made"], left=found["left"], stacks=found["stacks"])


def answer(side: Side, count: int, *, begin: int = 0) -> None:
    """Let a side answer short questions, each in a chat of its own."""
    for number in range(begin, begin + count):
        if number % 20 == 0:
            tell(f"generation {number - begin + 1} of {count} …")
        ask(side, {"messages": chat(short_question(number)), "newTokens": SHORT_TOKENS})


def heaps(side: Side, browser: ExtensionBrowser) -> Heaps:
    """Ask the background for its memory, and the browser for the thread's JavaScript heap after a collection."""
    collect_garbage(browser, side.page)
    stats = side.call("memory")
    usage = browser.runtime_thread().send("Runtime.getHeapUsage")
    bytes_of = {"engine": stats["engineHeap"], "python": stats["pythonHeap"], "javascript": usage["usedSize"]}
    return Heaps({name: float(size) / MIB for name, size in bytes_of.items()})


def settled(watch: MemoryWatch, page: Page) -> int:
    """Wait, and return the smallest sum of some in a row, in bytes."""
    page.wait_for_timeout(SETTLE_MS)
    return min(_samples(watch.now, page))


def collect_garbage(browser: ExtensionBrowser, page: Page) -> None:
    """Collect the garbage of the background's document and thread, and of a page."""
    for part in (browser.offscreen(), browser.runtime_thread()):
        part.send("HeapProfiler.collectGarbage")
    collect(page)


def collect(page: Page) -> None:
    """Collect the garbage of a page."""
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    session.detach()


def _use(side: Side, options: Mapping[str, Any]) -> None:
    side.call("load", options)
    for number in range(ANSWERS):
        ask(side, {"messages": chat(short_question(number)), "newTokens": ANSWER_TOKENS})
    side.call("unload")


def _samples(sample: Callable[[], int], page: Page) -> Sequence[int]:
    taken = []
    for _ in range(SAMPLES):
        page.wait_for_timeout(SAMPLE_MS)
        taken.append(sample())
    return taken

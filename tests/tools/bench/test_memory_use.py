"""`memory`: its rows; the browser is not needed for them."""

from __future__ import annotations

from collections.abc import Mapping

from tools.bench import memory_use
from tools.bench.memory_use import PEER, Heaps, Proxies
from tools.bench.results import Report, Series

MADE = 8000


def report(*, left: float = 30.0, after: float = 410.0, stacks: Mapping[str, int] | None = None) -> Report:
    sides = {"ours": Series((left,)), "uncollected": Series((45.0,)), PEER: Series((20.0,))}
    before, grown = (Heaps({"engine": size, "python": 30.0, "javascript": 10.0}) for size in (360.0, after - 40))
    stacks = stacks or {}
    return memory_use.report(sides, before, grown, Proxies(made=MADE, left=sum(stacks.values()), stacks=stacks))


def test_every_metric_has_a_target() -> None:
    rows = report().rows

    assert [(row.metric, row.peer_name) for row in rows] == [
        ("retained_mb", PEER),
        ("growth_percent", "limit"),
        ("proxies_left", "made"),
    ]
    assert rows[1].ours.median == 2.5, "from 400 to 410"
    assert rows[2].peer.median == MADE
    assert all(row.target is not None and row.target.met(row) for row in rows)


def test_what_is_over_its_limit_is_told() -> None:
    rows = report(left=51.0, after=424.0, stacks={"at one": 1}).rows

    assert [row.target is not None and row.target.met(row) for row in rows] == [False, False, False]


def test_the_calls_that_left_most_proxies_are_named() -> None:
    notes = report(stacks={f"Error\n   at call{number}": number for number in range(1, 6)}).notes

    assert "45 MiB were left" in notes[0]
    assert "engine 360.0, python 30.0" in notes[1]
    assert notes[2:] == [f"{number} proxies left by: Error at call{number}" for number in (5, 4, 3)]

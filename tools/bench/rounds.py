"""Rounds in which everybody has a turn, so that a slow moment of the machine hits all alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from tools.bench.results import Series
from tools.environment import report

Taken = TypeVar("Taken")


def each_in_turn(
    turns: Mapping[str, Callable[[int], Taken]], rounds: int, *, rehearsals: int = 1, what: str = "round"
) -> dict[str, list[Taken]]:
    """Call every function once a round, always in the same order, and return what each gave.

    Args:
        turns: one function by the name of its side; it gets the round's number, from 0, rehearsals included.
        rounds: how many rounds count.
        rehearsals: how many rounds before those do not count.
        what: is done in a round, for the person who waits.
    """
    taken: dict[str, list[Taken]] = {name: [] for name in turns}
    for number in range(rehearsals + rounds):
        counts = number >= rehearsals
        report(f"{what} {number - rehearsals + 1} of {rounds} …" if counts else f"{what}: rehearsal …")
        for name, turn in turns.items():
            given = turn(number)
            if counts:
                taken[name].append(given)
    return taken


def take_turns(turns: Mapping[str, Callable[[int], float]], rounds: int, *, what: str = "round") -> dict[str, Series]:
    """Measure one number in turns, after one rehearsal."""
    return {name: Series(tuple(samples)) for name, samples in each_in_turn(turns, rounds, what=what).items()}

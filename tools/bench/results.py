"""What a benchmark found: samples, rows, the table for people and the JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Literal

from tools.environment import ToolError

Bound = Literal["<=", ">="]


@dataclass(frozen=True, slots=True)
class Series:
    """The samples of one quantity; the median stands for them."""

    samples: tuple[float, ...]

    def __post_init__(self) -> None:
        """Refuse to stand for nothing."""
        if not self.samples:
            raise ValueError("a series needs a sample")

    @property
    def median(self) -> float:
        """The middle sample, or the mean of the middle two."""
        return median(self.samples)

    @property
    def shown(self) -> str:
        """The median, with the smallest and the largest sample when there are several."""
        if len(self.samples) == 1:
            return _figure(self.median)
        return f"{_figure(self.median)} ({_figure(min(self.samples))}–{_figure(max(self.samples))})"


@dataclass(frozen=True, slots=True)
class Target:
    """What a row should reach.

    Attributes:
        bound: on which side of `value` it should lie.
        value: the limit.
        of: whether the limit is for the ratio or for our own median.
    """

    bound: Bound
    value: float
    of: Literal["ratio", "ours"] = "ratio"

    def met(self, row: Row) -> bool:
        """Return whether a row reaches it."""
        reached = row.ratio if self.of == "ratio" else row.ours.median
        return reached <= self.value if self.bound == "<=" else reached >= self.value

    @property
    def shown(self) -> str:
        """The target in words."""
        sign = "≤" if self.bound == "<=" else "≥"
        return f"{'' if self.of == 'ratio' else 'ours '}{sign} {_figure(self.value)}"


@dataclass(frozen=True, slots=True)
class Row:
    """One quantity, ours and a peer's.

    Attributes:
        metric: its name in docs/benchmarks.md.
        unit: of the samples.
        ours: our samples.
        peer: the peer's, taken in turns with ours.
        peer_name: who that is.
        target: what the project wants of it, if anything.
    """

    metric: str
    unit: str
    ours: Series
    peer: Series
    peer_name: str
    target: Target | None = None

    @property
    def ratio(self) -> float:
        """Our median over the peer's."""
        if self.peer.median == 0:
            raise ToolError(f"{self.metric}: the peer {self.peer_name} measured 0 {self.unit}, nothing to compare with")
        return self.ours.median / self.peer.median


@dataclass(frozen=True, slots=True)
class Report:
    """All rows of one benchmark.

    Attributes:
        name: of the benchmark.
        rows: what was measured.
        notes: circumstances, one line each.
    """

    name: str
    rows: Sequence[Row]
    notes: Sequence[str] = field(default_factory=tuple)

    def to_json(self) -> str:
        """Return the report in the form that the commands share; values are medians."""
        rows = [
            {
                "metric": row.metric,
                "unit": row.unit,
                "ours": row.ours.median,
                "peer": row.peer.median,
                "peer_name": row.peer_name,
                "ratio": row.ratio,
            }
            for row in self.rows
        ]
        return json.dumps({"name": self.name, "rows": rows}, indent=2, ensure_ascii=False) + "\n"

    def table(self) -> str:
        """Return the report for people: medians with the extremes in brackets, the ratio, and what it should be."""
        header = ["metric", "unit", "ours", "peer", "", "ratio", "target"]
        lines = [header, *(_cells(row) for row in self.rows)]
        widths = [max(len(line[column]) for line in lines) for column in range(len(header))]
        table = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in lines]
        return "\n".join([*(line.rstrip() for line in table), *self.notes])


def write_json(report: Report, path: Path) -> None:
    """Write a report's JSON; `ToolError` when the file cannot be written."""
    try:
        path.write_text(report.to_json(), encoding="utf-8")
    except OSError as error:
        raise ToolError(f"{path} cannot be written ({error.strerror}): choose another file for --json") from error


def _cells(row: Row) -> list[str]:
    target = "" if row.target is None else f"{row.target.shown} {'met' if row.target.met(row) else 'MISSED'}"
    ratio = f"{row.ratio:.3f}"
    return [row.metric, row.unit, row.ours.shown, row.peer.shown, row.peer_name, ratio, target]


def _figure(value: float) -> str:
    """Return a number with three digits that count, and whole from a hundred on."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"

"""`store`: its rows, its turns and the memory that it samples; the browser is not needed for any of them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import pytest

from tabagent.sentences import Sentence
from tools.bench import store
from tools.bench.memory import MemoryWatch, anonymous_bytes
from tools.bench.results import Series
from tools.bench.session import Side
from tools.bench.store import PEER, WEIGHTS, downloading, graph_without_weights, loading
from tools.environment import ToolError


class FakeSide:
    """Notes what is called and answers from a table."""

    def __init__(self, name: str, answers: Mapping[str, Any]) -> None:
        self.name = name
        self.called: list[str] = []
        self._answers = answers

    def call(self, function: str, options: object = None) -> Any:
        self.called.append(function)
        return self._answers.get(function)


def one_each(value: float) -> dict[str, Series]:
    return {"ours": Series((value * 2,)), PEER: Series((value,))}


def test_every_metric_has_its_peer_and_its_target() -> None:
    loads: Mapping[str, list[tuple[float, float | None]]] = {"ours": [(1500.0, 500.0)], PEER: [(1000.0, 1000.0)]}

    report = store.report(one_each(100.0), loads, one_each(400.0), one_each(31.0))

    assert [(row.metric, row.unit, row.peer_name) for row in report.rows] == [
        ("download_mb_s", "MB/s", PEER),
        ("load_ms", "ms", PEER),
        ("added_memory_mb", "MiB", PEER),
        ("hash_mb_s", "MB/s", "web-crypto"),
    ]
    assert [row.ratio for row in report.rows] == [2.0, 0.5, 2.0, 2.0], "the warm-up is not part of a load"
    assert all(row.target is not None and row.target.met(row) for row in report.rows)


def test_a_load_whose_warm_up_is_not_told_is_one_clear_line() -> None:
    loads: Mapping[str, list[tuple[float, float | None]]] = {"ours": [(1500.0, None)], PEER: [(1000.0, 1000.0)]}

    with pytest.raises(ToolError, match="the extension did not say 'Warming up'"):
        store.report(one_each(1.0), loads, one_each(1.0), one_each(1.0))


def test_the_loader_says_what_the_benchmark_waits_for() -> None:
    assert Sentence.WARMING_UP.said() == store.WARM_UP_MESSAGE


def test_a_model_is_deleted_before_it_is_brought_in_again() -> None:
    side = FakeSide("ours", {"download": {"ms": 2000.0, "bytes": 140_000_000}})
    turn = downloading(cast(Side, side), {})

    assert [turn(0), turn(1)] == [70.0, 70.0]
    assert side.called == ["download", "forget", "download"]


def test_ours_loads_in_a_fresh_thread_and_tells_when_it_could_compute() -> None:
    ours = FakeSide("ours", {"load": {"ms": 900.0, "coldMs": 600.0}})
    peer = FakeSide(PEER, {"load": {"ms": 800.0}})
    turns = [loading(cast(Side, side), {}) for side in (ours, peer)]

    assert [turn(number) for number in (0, 1) for turn in turns] == [(900.0, 600.0), (800.0, 800.0)] * 2
    assert (ours.called, peer.called) == (["load", "unload", "load"], ["load", "load"])


def test_the_large_model_has_a_graph_and_the_small_files(tmp_path: Path) -> None:
    for name in ("config.json", "tokenizer.json", "notes.txt"):
        (tmp_path / name).write_text("{}")

    with graph_without_weights(tmp_path) as folder:
        assert sorted(path.name for path in folder.iterdir()) == ["config.json", "onnx", "tokenizer.json"]
        assert (folder / WEIGHTS).is_file()
    assert not folder.exists()


STATUS = "Name:\tchromium\nVmRSS:\t  900 kB\nRssAnon:\t     {} kB\nRssFile:\t     500 kB\n"


def write_status(proc: Path, pid: int, kib: int) -> None:
    (proc / str(pid)).mkdir(exist_ok=True)
    (proc / str(pid) / "status").write_text(STATUS.format(kib))


def test_only_anonymous_memory_counts_and_a_process_that_is_gone_has_none(tmp_path: Path) -> None:
    write_status(tmp_path, 7, 300)

    assert anonymous_bytes(tmp_path / "7" / "status") == 300 * 1024
    assert anonymous_bytes(tmp_path / "8" / "status") == 0


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs /proc")
def test_this_process_has_memory() -> None:
    assert MemoryWatch([os.getpid()]).now() > 1 << 20


def test_the_peak_of_all_processes_together_is_kept(tmp_path: Path) -> None:
    write_status(tmp_path, 1, 100)
    write_status(tmp_path, 2, 50)

    with MemoryWatch([1, 2], proc=tmp_path, period_s=0.001) as watch:
        assert watch.peak == 150 * 1024
        write_status(tmp_path, 2, 950)
        while watch.peak < 1050 * 1024:  # the sampling thread sees it soon; the test's own limit ends it otherwise
            pass
        write_status(tmp_path, 2, 10)
    assert watch.peak == 1050 * 1024

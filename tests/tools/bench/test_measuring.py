"""How samples become reports: turns, phases, comparisons."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tools.bench import boot, panel, panel_page, quality
from tools.bench.extension_facts import event_names, way_of_reading
from tools.bench.panel import Gap, longest, phases
from tools.bench.panel_page import PageLook
from tools.bench.quality import Read
from tools.bench.results import Report, Series
from tools.bench.rounds import each_in_turn, take_turns
from tools.bench.texts import TURN_WORDS, long_question, passage, short_question, turn
from tools.environment import ToolError

NAMES = event_names()


def metrics(report: Report) -> list[tuple[str, str]]:
    return [(row.metric, row.peer_name) for row in report.rows]


def test_everybody_has_a_turn_in_every_round_and_rehearsals_do_not_count() -> None:
    order: list[str] = []

    def turn(name: str, number: int) -> int:
        order.append(f"{name}{number}")
        return number

    taken = each_in_turn({"a": lambda n: turn("a", n), "b": lambda n: turn("b", n)}, 2, rehearsals=1)

    assert order == ["a0", "b0", "a1", "b1", "a2", "b2"]
    assert taken == {"a": [1, 2], "b": [1, 2]}


def test_measured_turns_become_series() -> None:
    assert take_turns({"ours": float}, 3) == {"ours": Series((1.0, 2.0, 3.0))}


def test_boot_compares_with_a_plain_pyodide_and_a_bare_import() -> None:
    taken = {"ours": Series((2.0,)), "plain-pyodide": Series((10.0,)), "bare-js-import": Series((1.0,))}

    report = boot.report(taken)

    assert metrics(report) == [("runtime_ready_ms", "plain-pyodide"), ("runtime_ready_ms", "bare-js-import")]
    assert [row.ratio for row in report.rows] == [0.2, 2.0]


def test_quality_compares_two_texts_with_fp32() -> None:
    tuned, held_out = Read(in_pieces=38.0, whole=54.0, fp32=40.0), Read(in_pieces=21.0, whole=20.0, fp32=20.0)

    report = quality.report({"": tuned, "/held_out": held_out})

    assert [(row.metric, row.peer_name, row.ratio) for row in report.rows] == [
        ("perplexity", "fp32", 0.95),
        ("perplexity/one_pass", "fp32", 1.35),
        ("perplexity/held_out", "fp32", 1.05),
        ("perplexity/held_out/one_pass", "fp32", 1.0),
    ]
    assert [row.target is not None and row.target.met(row) for row in report.rows] == [True, False, False, True]


def test_the_held_out_text_is_long_enough() -> None:
    assert len(quality.HELD_OUT.read_text(encoding="utf-8")) > quality.HELD_OUT_CHARACTERS


def mark(name: str, time: float, **more: float) -> dict[str, object]:
    return {"type": NAMES[name], "time": time, **more}


WHOLE_USE = [
    mark("MODEL_WORKER_LOADING_PROGRESS", 100, progress=0),
    mark("MODEL_WORKER_LOADING_PROGRESS", 200, progress=90),
    mark("MODEL_WORKER_LOADING_PROGRESS", 300, progress=95),
    mark("WORKER_READY", 400),
    mark("GENERATION_STATUS", 500),
    mark("GENERATION_STATUS", 550),
    mark("GENERATION_UPDATE", 600),
    mark("GENERATION_COMPLETE", 700),
]


def test_the_phases_of_a_use_follow_each_other() -> None:
    assert phases(WHOLE_USE, NAMES) == {
        "download": (100, 200),
        "load": (200, 400),
        "prefill": (500, 600),
        "decode": (600, 700),
    }


@pytest.mark.parametrize("missing", ["WORKER_READY", "GENERATION_STATUS", "GENERATION_COMPLETE"])
def test_a_use_without_one_of_the_events_is_one_clear_line(missing: str) -> None:
    marks = [each for each in WHOLE_USE if each["type"] != NAMES[missing]]

    with pytest.raises(ToolError, match=f"the background did not publish {missing}"):
        phases(marks, NAMES)


def test_a_gap_counts_for_every_phase_that_it_touches() -> None:
    gaps = [Gap(end=110, length=20), Gap(end=150, length=12), Gap(end=260, length=70)]

    assert longest(gaps, (100, 200)) == 70  # the last one began at 190
    assert longest(gaps, (200, 300)) == 70
    assert longest(gaps, (100, 180)) == 20


def test_a_phase_without_a_gap_has_the_timers_period() -> None:
    assert longest([Gap(end=110, length=20)], (500, 600)) == panel.PERIOD_MS


def test_the_panel_is_compared_with_the_idle_page_in_every_phase() -> None:
    series = {phase: Series((20.0,)) for phase in panel.PHASES}

    look = PageLook(paint_ms=40, words_ms=20, whole_kb=290, start_kb=220, beginning_ms=0.2, end_ms=0.3)

    report = panel.report(series, series, [look, look])

    *gaps, paint, weight, piece = report.rows
    assert [(row.metric, row.peer_name) for row in gaps] == [
        (f"longest_gap_ms/{phase}", "idle-page") for phase in panel.PHASES
    ]
    assert [(row.metric, row.peer_name, row.ours.median) for row in (paint, weight, piece)] == [
        ("first_paint_ms", "words-page", 40),
        ("panel_js_kb", "with-every-page", 220),
        ("answer_piece_ms", "at-beginning", 0.3),
    ]
    assert [row.target and row.target.met(row) for row in (paint, weight, piece)] == [True, True, True]


def test_what_is_loaded_at_the_start_is_not_what_is_loaded_when_it_is_needed(tmp_path: Path) -> None:
    (tmp_path / "main.js").write_text('import{a}from"./one.js";import"./two.js";const b=()=>import("./later.js")')
    (tmp_path / "one.js").write_text('import{c}from"./two.js"')
    (tmp_path / "two.js").write_text("export{}")
    (tmp_path / "later.js").write_text("export{}")

    assert {path.name for path in panel_page.loaded_with(tmp_path / "main.js")} == {"main.js", "one.js", "two.js"}


def test_a_panel_that_paints_late_or_grows_misses_its_targets() -> None:
    looks = [PageLook(paint_ms=151, words_ms=20, whole_kb=400, start_kb=301, beginning_ms=0.2, end_ms=0.4)]

    assert [row.target and row.target.met(row) for row in panel_page.rows(looks)] == [False, False, False]


def test_no_two_rounds_ask_the_same_question_or_begin_alike() -> None:
    questions = [short_question(number) for number in range(20)]

    assert len({question.split(":")[0] for question in questions}) == 20
    assert long_question(3, 50).startswith(short_question(3).split(".")[0])


def test_a_passage_has_as_many_words_as_wanted_even_beyond_its_end() -> None:
    words = len(passage().split())

    assert len(passage(words + 100).split()) == words + 100
    assert passage(3) == " ".join(passage().split()[:3])


def test_a_turn_of_a_conversation_has_its_part_of_the_text() -> None:
    parts = [turn(0, number) for number in range(10)]

    assert len(set(parts)) == 10
    assert all(TURN_WORDS < len(part.split()) < TURN_WORDS + 25 for part in parts)
    assert turn(1, 0).split(":")[0] != parts[0].split(":")[0]


def write_config(folder: Path, **config: object) -> Path:
    (folder / "config.json").write_text(json.dumps(config))
    return folder


@pytest.mark.parametrize(
    ("config", "dtype", "whole", "first"),
    [
        ({}, "q8", False, 1),
        ({"tabagent_quantization": {"q8": "token"}}, "q8", True, 32),
        ({}, "q4", True, 32),
    ],
)
def test_the_peers_learn_the_extensions_way_of_reading(
    tmp_path: Path, config: dict[str, object], dtype: str, whole: bool, first: int
) -> None:
    way = way_of_reading(write_config(tmp_path, **config), dtype)

    assert (way.whole, way.pieces[0], way.pieces[-1]) == (whole, first, 32)
    assert way.warm_up_prompt > way.pieces[-1]  # a whole piece is part of the warm-up

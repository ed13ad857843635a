"""What is made of answers: `generate`, `chat`, `ablation` and Python's share; no browser is needed for any of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from tools.bench import ablation, conversation, generate, python_share
from tools.bench.answers import Answered, answering, ask, load_options, loading
from tools.bench.conversation import ANSWER_TOKENS, PEER, PEER_TURNS, TURNS, Conversation, talk
from tools.bench.generate import PLAIN, Measured
from tools.bench.results import Report, Series
from tools.bench.session import Side
from tools.environment import ToolError

SIDES = ("ours", "bare-js", "wllama")


class FakeSide:
    """Answers with as many tokens as it is asked for, and notes with which options."""

    def __init__(self, name: str, *, at_most: int = 1000) -> None:
        self.name = name
        self.asked: list[Mapping[str, Any]] = []
        self.called: list[str] = []
        self._at_most = at_most

    def call(self, function: str, options: Any = None) -> Any:
        self.called.append(function)
        if function != "answer":
            return {"ms": 700.0}
        self.asked.append(options)
        return {
            "firstTokenMs": 500.0,
            "tokensPerSecond": 30.0,
            "promptTokens": 50,
            "tokens": min(options["newTokens"], self._at_most),
            "text": f"answer {len(self.asked)}",
        }


def side(name: str, **more: int) -> tuple[Side, FakeSide]:
    fake = FakeSide(name, **more)
    return cast(Side, fake), fake


def answer(speed: float = 30.0, *, wait: float = 500.0, tokens: int = 40, text: str = "same", **more: Any) -> Answered:
    return Answered(first_token_ms=wait, tokens_per_second=speed, prompt_tokens=tokens, text=text, **more)


def named(report: Report) -> list[tuple[str, str]]:
    return [(row.metric, row.peer_name) for row in report.rows]


def test_an_answer_that_ends_early_is_one_clear_line() -> None:
    ours, _ = side("ours", at_most=5)

    with pytest.raises(ToolError, match="ours ended its answer after 5 of 64 tokens"):
        ask(ours, {"messages": [], "newTokens": 64})


def test_who_does_not_tell_how_fast_a_prompt_was_read_is_taken_by_the_first_token() -> None:
    peer, _ = side("bare-js")

    assert ask(peer, {"messages": [], "newTokens": 64}).prompt_tokens_per_second == 100.0


def test_a_question_is_asked_with_the_pieces_in_a_chat_of_its_own() -> None:
    ours, fake = side("ours")

    answering(ours, lambda number: f"question {number}", 7, (1, 32), settings={"seed": 1})(3)

    messages = [{"role": "user", "content": "question 3"}]
    assert fake.asked == [{"messages": messages, "newTokens": 7, "pieces": (1, 32), "settings": {"seed": 1}}]


def test_every_load_but_the_first_is_in_a_fresh_thread() -> None:
    ours, fake = side("ours")
    load = loading(ours, {})

    assert [load(0), load(1)] == [700.0, 700.0]
    assert fake.called == ["load", "unload", "load"]


@pytest.mark.parametrize(("quantization", "pieces"), [({}, [1, 32]), ({"q8": "token"}, None)])
def test_bare_javascript_reads_in_pieces_only_where_the_weights_need_them(
    tmp_path: Path, quantization: dict[str, str], pieces: list[int] | None
) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"tabagent_quantization": quantization}))

    options = load_options(2, "acme/model", tmp_path)

    assert (options["threads"], options["pieces"]) == (2, pieces)


def measured() -> Measured:
    short = {name: [answer(speed)] for name, speed in zip(SIDES, (30.0, 30.0, 15.0), strict=True)}
    short[PLAIN] = [answer(27.0)]
    long = {name: [answer(20.0, tokens=600)] for name in ("ours", PLAIN)}
    long["bare-js"] = [answer(10.0, tokens=600, text="other")]
    return Measured(
        loads={name: Series((1000.0,)) for name in SIDES},
        firsts={name: [answer(wait=600.0)] for name in SIDES},
        shorts=short,
        longs={600: {**long, "wllama": [answer(1.0, wait=20_000.0, tokens=600)]}, 1500: long},
        prefills={
            "pieces": [answer(tokens=600, prompt_tokens_per_second=100.0)],
            "one-pass": [answer(tokens=600, prompt_tokens_per_second=200.0)],
        },
        shares={"constant": Series((1.5,)), "onnxruntime": Series((6.0,))},
    )


def test_generate_compares_speeds_and_waits_with_both_peers_and_the_first_answer_with_later_ones() -> None:
    report = generate.report(measured())

    assert named(report) == [
        ("decode_tok_s", "bare-js"),
        ("decode_tok_s", "wllama"),
        ("decode_tok_s/one-by-one", "bare-js"),
        ("decode_tok_s/one-by-one", "wllama"),
        ("decode_tok_s/600", "bare-js"),
        ("decode_tok_s/600/one-by-one", "bare-js"),
        ("decode_tok_s/1500", "bare-js"),
        ("decode_tok_s/1500/one-by-one", "bare-js"),
        ("ttft_ms", "bare-js"),
        ("ttft_ms", "wllama"),
        ("ttft_first_ms", "bare-js"),
        ("ttft_first_ms", "wllama"),
        ("ttft_first_ms", "ours-later"),
        ("prefill_tok_s", "bare-js"),
        ("prefill_tok_s", "wllama"),
        ("prefill_ratio", "one-pass"),
        ("load_ms", "bare-js"),
        ("load_ms", "wllama"),
        ("python_share", "limit"),
        ("python_share/and_javascript", "limit"),
    ]
    ratios = {(row.metric, row.peer_name): row.ratio for row in report.rows}
    assert ratios["decode_tok_s", "wllama"] == 2.0
    assert ratios["decode_tok_s/one-by-one", "wllama"] == 1.8
    assert ratios["ttft_first_ms", "ours-later"] == 1.2
    assert ratios["prefill_tok_s", "wllama"] == 40.0
    assert ratios["prefill_ratio", "one-pass"] == 2.0, "pieces took twice the time of one pass"
    assert "1 of 1 (short), 0 of 1 (600), 0 of 1 (1500)" in report.notes[1]


def test_missed_targets_of_generate_are_told() -> None:
    missed = [
        (row.metric, row.peer_name)
        for row in generate.report(measured()).rows
        if row.target is not None and not row.target.met(row)
    ]

    assert missed == [("decode_tok_s/one-by-one", "bare-js"), ("prefill_ratio", "one-pass")]


def test_what_a_step_takes_beyond_the_engine_is_pythons() -> None:
    # Four steps of 26 ms, of which the engine took 25; the prompt's pass comes first and does not count.
    share = python_share.share(tokens_per_second=1000 / 26, tokens=5, passes=[900.0, 25.0, 25.0, 25.0, 25.0])

    assert share == pytest.approx(100 / 26)


def talked(*, ours: float, peer: float, tokens: int = 1600, text: str = "same") -> Conversation:
    mine = [replace(answer(wait=ours, tokens=tokens, cached_tokens=tokens - 100), rest_ms=250.0)] * TURNS
    hasty = [answer(wait=2 * ours, tokens=tokens, cached_tokens=tokens - 200)] * TURNS
    return Conversation(mine, hasty, dict.fromkeys(PEER_TURNS, answer(wait=peer, text=text)), answer())


def test_a_chat_is_compared_by_the_first_token_of_its_last_turn() -> None:
    report = conversation.report([talked(ours=1000.0, peer=10_000.0), talked(ours=1000.0, peer=10_000.0, text="other")])

    assert [(row.metric, row.peer_name, row.ratio, row.target is not None) for row in report.rows] == [
        ("ttft_turn_10_ms", PEER, 0.1, True),
        ("ttft_turn_10_ms/at-once", PEER, 0.2, False),
    ]
    assert report.notes[0] == "Turn 10 has 1600/1600 tokens, 1500/1500 of them known from before (1400/1400 at once)."
    assert "read again in 250 ms" in report.notes[1]
    assert "the peer's in 1 of 2 conversations, and our own without a cache in 2" in report.notes[2]
    assert "8: 1,000, 9: 1,000, 10: 1,000 / 10,000" in report.notes[3]


def test_a_chat_that_is_too_short_is_one_clear_line() -> None:
    with pytest.raises(ToolError, match="turn 10 has 900 tokens, 1500 are wanted"):
        conversation.report([talked(ours=1.0, peer=1.0, tokens=900)])


def test_both_are_told_the_same_conversation_and_ours_knows_it_as_one_chat() -> None:
    (ours, mine), (peer, theirs) = side("ours"), side(PEER)

    found = talk(ours, peer, 0)

    assert [len(asked["messages"]) for asked in mine.asked[:TURNS]] == list(range(1, 2 * TURNS, 2))
    assert [asked["messages"] for asked in theirs.asked] == [mine.asked[turn - 1]["messages"] for turn in PEER_TURNS]
    assert theirs.asked[1]["messages"][1] == {"role": "assistant", "content": "answer 1"}
    hasty = mine.asked[TURNS : 2 * TURNS]
    assert [asked["messages"] for asked in hasty] == [asked["messages"] for asked in mine.asked[:TURNS]]
    assert {asked["rest"] for asked in hasty} == {False}
    assert [asked.get("chatId") for asked in mine.asked] == [*["conversation-0"] * 10, *["at-once-0"] * 10, None]
    assert "chatId" not in mine.asked[-1], "the last one is asked without what is known"
    assert [asked["newTokens"] for asked in theirs.asked] == [1, 1, ANSWER_TOKENS]
    assert (found.ours[-1].text, found.afresh.text) == ("answer 10", "answer 21")


def test_every_variant_is_compared_at_every_length_of_context() -> None:
    variants = {name: [answer(speed)] for name, speed in zip(ablation.CHANGES, (30.0, 45.0, 20.0, 15.0), strict=True)}
    read = {name: [answer(prompt_tokens_per_second=100.0)] for name in ablation.CHANGES if name != ablation.GUESSES}

    report = ablation.report({50: variants, 600: variants}, {50: read, 600: read})

    assert named(report) == [
        (f"{metric}/{tokens}", peer)
        for metric in ("decode_tok_s", "prefill_tok_s")
        for tokens in (50, 600)
        for peer in ("guesses", "copied-caches", "one-thread")
        if (metric, peer) != ("prefill_tok_s", "guesses")
    ]
    assert [row.ratio for row in report.rows] == [30 / 45, 1.5, 2.0] * 2 + [1.0] * 4
    assert report.notes == ["Variants that wrote the same text: 3 of 3 (50), 3 of 3 (600)."]

"""`generate`: loads and answers, against the same engine in a bare web page and against wllama; and what Python costs.

All three models stay loaded in one browser and take turns; who waits uses no processor. Everybody answers the same
conversations greedily with the same number of tokens and threads, each in a new chat, so that nobody knows a prompt
from before. Times are those that a page sees. Ours is asked twice, as it ships and without guesses: what it guesses
right depends on the text, and only one by one is the engine's work the same as the peers'.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from tools.bench import python_share
from tools.bench.answers import ONE_BY_ONE, Answered, Answers, answering, load_options, loading, peers_folders
from tools.bench.results import Report, Row, Series, Target
from tools.bench.rounds import each_in_turn
from tools.bench.session import Session, Side, open_session
from tools.bench.texts import long_question, short_question

ANSWER_TOKENS = 64
# Words of prompts by their tokens, about.
WORDS = {600: 470, 1500: 1200}
# wllama reads a prompt of 600 tokens in 20 s; its answer to it is of no interest.
PREFILL_ANSWER_TOKENS = 2
PEERS = ("bare-js", "wllama")
# Ours without guesses.
PLAIN = "one-by-one"
# More tokens than any prompt here has.
WHOLE = (1 << 20,)


@dataclass(frozen=True, slots=True)
class Measured:
    """What everybody was measured at, by the sides' names.

    Attributes:
        loads: milliseconds.
        firsts: the first answer after each load.
        shorts: later answers to short prompts.
        longs: answers to longer prompts, by the tokens that those have.
        prefills: ours to a prompt of 600 tokens, "pieces" as shipped and "one-pass".
        shares: of a decode step, in percent: "constant" with an engine of constant time, "onnxruntime" everything but
            ONNX Runtime's own function.
    """

    loads: Mapping[str, Series]
    firsts: Answers
    shorts: Answers
    longs: Mapping[int, Answers]
    prefills: Answers
    shares: Mapping[str, Series]


def measure(extension: Path, rounds: int) -> Report:
    """Load each side `rounds` times, let them answer short and long prompts in turns, then look at ours alone."""
    from tools.model.default_model import REPOSITORY, ensure_default_model, ensure_gguf

    model, gguf = ensure_default_model(), ensure_gguf()
    folders = peers_folders(extension, gguf)
    with open_session(extension, folders=folders, models={REPOSITORY: model}) as session:
        sides = open_sides(session)
        options = load_options(sides["ours"].call("threads"), REPOSITORY, model, gguf.name)
        loads, firsts = _loads(sides, options, rounds)
        answers = partial(_answers, sides, pieces=options["pieces"] or WHOLE, rounds=rounds)
        everybody = dict.fromkeys(["ours", PLAIN, *PEERS], ANSWER_TOKENS)
        shorts = answers(short_question, everybody, what="answer")
        longs = {600: answers(_long(600), {**everybody, "wllama": PREFILL_ANSWER_TOKENS})}
        longs[1500] = answers(_long(1500), dict.fromkeys(["ours", PLAIN, "bare-js"], ANSWER_TOKENS))
    with open_session(extension, models={REPOSITORY: model}) as session:
        prefills = _prefills(session, options, rounds)
    shares = python_share.measure(extension, REPOSITORY, model, rounds)
    return report(Measured(loads, firsts, shorts, longs, prefills, shares))


def open_sides(session: Session) -> dict[str, Side]:
    """Open everybody's page."""
    return {
        "ours": session.ours(),
        "bare-js": session.peer("bare-js", "bare.html"),
        "wllama": session.peer("wllama", "wllama.html"),
    }


def report(measured: Measured) -> Report:
    """Compare ours with each peer."""
    rows: list[Row] = []
    limits = {"bare-js": Target(">=", 0.98), "wllama": Target(">=", 1.3)}

    def add(
        metric: str,
        unit: str,
        samples: Mapping[str, Series],
        targets: Mapping[str, Target],
        *,
        ours: str = "ours",
        peers: Sequence[str] = PEERS,
    ) -> None:
        rows.extend(
            Row(metric, unit, samples[ours], samples[peer], peer, targets.get(peer))
            for peer in peers
            if peer in samples
        )

    waits = _series(measured.shorts, _wait)
    for name, answers in {
        "": measured.shorts,
        **{f"/{tokens}": each for tokens, each in measured.longs.items()},
    }.items():
        # The answer of wllama to a long prompt is too short to tell a speed.
        compared = PEERS if not name else PEERS[:1]
        add(f"decode_tok_s{name}", "tok/s", _series(answers, _speed), limits, peers=compared)
        add(f"decode_tok_s{name}/{PLAIN}", "tok/s", _series(answers, _speed), limits, ours=PLAIN, peers=compared)
    add("ttft_ms", "ms", waits, dict.fromkeys(PEERS, Target("<=", 500, of="ours")))
    firsts = {**_series(measured.firsts, _wait), "ours-later": waits["ours"]}
    add("ttft_first_ms", "ms", firsts, {"ours-later": Target("<=", 1.3)}, peers=(*PEERS, "ours-later"))
    add("prefill_tok_s", "tok/s", _series(measured.longs[600], _prefill_speed), {})
    prefills = _series(measured.prefills, _prefill_time)
    add("prefill_ratio", "ms", prefills, {"one-pass": Target("<=", 1.1)}, ours="pieces", peers=("one-pass",))
    add("load_ms", "ms", measured.loads, {})
    return Report("generate", [*rows, *python_share.rows(measured.shares)], _notes(measured))


def _speed(answer: Answered) -> float:
    return answer.tokens_per_second


def _wait(answer: Answered) -> float:
    return answer.first_token_ms


def _prefill_speed(answer: Answered) -> float:
    """How fast the prompt was read as the page sees it, the first new token included."""
    return answer.prompt_tokens / answer.first_token_ms * 1000


def _prefill_time(answer: Answered) -> float:
    return answer.prompt_tokens / answer.prompt_tokens_per_second * 1000


def _series(answers: Answers, quantity: Callable[[Answered], float]) -> dict[str, Series]:
    return {name: Series(tuple(map(quantity, given))) for name, given in answers.items()}


def _notes(measured: Measured) -> list[str]:
    def tokens(answers: Answers) -> str:
        counts = {name: sorted({answer.prompt_tokens for answer in given}) for name, given in answers.items()}
        return ", ".join(f"{name} {'/'.join(map(str, each))}" for name, each in counts.items())

    def same(answers: Answers) -> str:
        pairs = list(zip(answers["ours"], answers["bare-js"], strict=True))
        return f"{sum(ours.text == bare.text for ours, bare in pairs)} of {len(pairs)}"

    prompts = {"short": measured.shorts, **{str(about): answers for about, answers in measured.longs.items()}}
    texts = ", ".join(f"{same(answers)} ({name})" for name, answers in prompts.items())
    return [
        f"Prompts have these tokens: {'; '.join(f'{name}, {tokens(answers)}' for name, answers in prompts.items())}.",
        f"Answers of ours and bare-js with the same text: {texts}.",
    ]


def _loads(sides: Mapping[str, Side], options: Mapping[str, Any], rounds: int) -> tuple[dict[str, Series], Answers]:
    """Load everybody in turns, and let each answer once after that."""

    def turn(side: Side) -> Callable[[int], tuple[float, Answered]]:
        load = loading(side, options)
        answer = answering(side, short_question, ANSWER_TOKENS, options["pieces"] or WHOLE)
        return lambda number: (load(number), answer(number))

    taken = each_in_turn({name: turn(side) for name, side in sides.items()}, rounds, what="load")
    loads = {name: Series(tuple(load for load, _ in given)) for name, given in taken.items()}
    return loads, {name: [answer for _, answer in given] for name, given in taken.items()}


def _answers(
    sides: Mapping[str, Side],
    question: Callable[[int], str],
    tokens: Mapping[str, int],
    *,
    pieces: Sequence[int],
    rounds: int,
    what: str = "long prompt",
) -> Answers:
    """Return answers of the sides that are named in `tokens`, with so many tokens each."""
    turns = {
        name: answering(sides["ours"], question, wanted, pieces, settings=ONE_BY_ONE)
        if name == PLAIN
        else answering(sides[name], question, wanted, pieces)
        for name, wanted in tokens.items()
    }
    return each_in_turn(turns, rounds, rehearsals=0, what=what)


def _prefills(session: Session, options: Mapping[str, Any], rounds: int) -> Answers:
    """Let ours read a prompt as shipped and in one pass."""
    sides = {"pieces": session.thread("pieces", []), "one-pass": session.thread("one-pass", ["whole_prompts"])}
    for side in sides.values():
        side.call("load", options)
    turns = {name: answering(side, _long(600), PREFILL_ANSWER_TOKENS, None) for name, side in sides.items()}
    return each_in_turn(turns, rounds, what="prefill")


def _long(tokens: int) -> Callable[[int], str]:
    return lambda number: long_question(number, WORDS[tokens])

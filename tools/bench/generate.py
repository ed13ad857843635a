"""`generate`: loads and answers, against the same engine in a bare web page and against wllama.

All three models stay loaded in one browser and take turns; who waits uses no processor. Everybody answers the same
conversations greedily with the same number of tokens and threads. Times are those that a page sees.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.bench.extension_facts import way_of_reading
from tools.bench.results import Report, Row, Series, Target
from tools.bench.rounds import each_in_turn, take_turns
from tools.bench.session import Session, Side, open_session
from tools.bench.texts import chat, long_question, short_question
from tools.environment import CACHE, ROOT, ToolError

ANSWER_TOKENS = 64
# Of a prompt of about 600 tokens, whose answer is of no interest.
LONG_WORDS = 470
LONG_ANSWER_TOKENS = 2
DTYPE, DEVICE = "q8", "wasm"
PEERS = ("bare-js", "wllama")


@dataclass(frozen=True, slots=True)
class Answered:
    """One answer.

    Attributes:
        first_token_ms: from the question to the first token.
        tokens_per_second: of the tokens after the first.
        prompt_tokens: of the prompt, the template's included.
        text: of the answer.
    """

    first_token_ms: float
    tokens_per_second: float
    prompt_tokens: int
    text: str

    @property
    def prompt_tokens_per_second(self) -> float:
        """How fast the prompt was read, the first new token included."""
        return self.prompt_tokens / self.first_token_ms * 1000


Answers = Mapping[str, Sequence[Answered]]


def measure(extension: Path, rounds: int) -> Report:
    """Load each side `rounds` times, then let them answer short and long prompts, in turns."""
    from tools.model.default_model import REPOSITORY, ensure_default_model, ensure_gguf

    model, gguf = ensure_default_model(), ensure_gguf()
    folders = {
        "transformers": extension / "vendor" / "transformers",
        "models": CACHE / "models",
        "gguf": gguf.parent,
        "wllama": ROOT / "build" / "node_modules" / "@wllama" / "wllama" / "esm",
    }
    with open_session(extension, folders=folders, models={REPOSITORY: model}) as session:
        sides = open_sides(session)
        options = _load_options(sides["ours"], REPOSITORY, gguf.name)
        loads = take_turns({name: _loading(side, options) for name, side in sides.items()}, rounds, what="load")
        firsts, shorts = _short_answers(sides, rounds)
        longs = each_in_turn(
            {
                name: _answering(side, lambda number: long_question(number, LONG_WORDS), 2)
                for name, side in sides.items()
            },
            rounds,
            rehearsals=0,
            what="long prompt",
        )
    return report(loads, firsts, shorts, longs)


def open_sides(session: Session) -> dict[str, Side]:
    """Open everybody's page."""
    return {
        "ours": session.ours(),
        "bare-js": session.peer("bare-js", "bare.html"),
        "wllama": session.peer("wllama", "wllama.html"),
    }


def report(loads: Mapping[str, Series], firsts: Answers, shorts: Answers, longs: Answers) -> Report:
    """Compare ours with each peer."""
    rows: list[Row] = []

    def add(metric: str, unit: str, samples: Mapping[str, Series], targets: Mapping[str, Target]) -> None:
        rows.extend(Row(metric, unit, samples["ours"], samples[peer], peer, targets.get(peer)) for peer in PEERS)

    def series(answers: Answers, quantity: Callable[[Answered], float]) -> dict[str, Series]:
        return {name: Series(tuple(map(quantity, given))) for name, given in answers.items()}

    speed = {"bare-js": Target(">=", 0.98), "wllama": Target(">=", 1.2)}
    half_a_second = Target("<=", 500, of="ours")
    add("decode_tok_s", "tok/s", series(shorts, lambda answer: answer.tokens_per_second), speed)
    add("ttft_ms", "ms", series(shorts, lambda answer: answer.first_token_ms), dict.fromkeys(PEERS, half_a_second))
    add("ttft_first_ms", "ms", series(firsts, lambda answer: answer.first_token_ms), {})
    add("prefill_tok_s", "tok/s", series(longs, lambda answer: answer.prompt_tokens_per_second), {})
    add("load_ms", "ms", loads, {})
    return Report("generate", rows, _notes(shorts, longs))


def _notes(shorts: Answers, longs: Answers) -> list[str]:
    def tokens(answers: Answers) -> str:
        counts = {name: sorted({answer.prompt_tokens for answer in given}) for name, given in answers.items()}
        return ", ".join(f"{name} {'/'.join(map(str, each))}" for name, each in counts.items())

    pairs = list(zip(shorts["ours"], shorts["bare-js"], strict=True))
    same = sum(ours.text == bare.text for ours, bare in pairs)
    return [
        f"Prompts have these tokens: short, {tokens(shorts)}; long, {tokens(longs)}.",
        f"Ours and bare-js wrote the same text in {same} of {len(pairs)} answers.",
    ]


def _load_options(ours: Side, repository: str, gguf: str) -> dict[str, Any]:
    way = way_of_reading()
    return {
        "model": repository,
        "dtype": DTYPE,
        "device": DEVICE,
        "gguf": gguf,
        "threads": ours.call("threads"),
        "warmUp": {"promptTokens": way.warm_up_prompt, "newTokens": way.warm_up_new},
    }


def _loading(side: Side, options: Mapping[str, Any]) -> Callable[[int], float]:
    """Return a turn that loads from the store, each time in a fresh thread. The rehearsal brings the files in."""

    def load(number: int) -> float:
        if number > 0:
            side.call("unload")
        return float(side.call("load", options)["ms"])

    return load


def _short_answers(sides: Mapping[str, Side], rounds: int) -> tuple[Answers, Answers]:
    """Return the first answer of each side after its load, and the later ones."""
    turns = {name: _answering(side, short_question, ANSWER_TOKENS) for name, side in sides.items()}
    answers = each_in_turn(turns, rounds + 1, rehearsals=0, what="answer")
    firsts = {name: given[:1] for name, given in answers.items()}
    return firsts, {name: given[1:] for name, given in answers.items()}


def _long_question(number: int) -> str:
    return long_question(number, LONG_WORDS)


def _answering(side: Side, question: Callable[[int], str], tokens: int) -> Callable[[int], Answered]:
    piece = way_of_reading().piece

    def answer(number: int) -> Answered:
        options = {"messages": chat(question(number)), "newTokens": tokens, "piece": piece}
        given = side.call("answer", options)
        if given["tokens"] != tokens:
            raise ToolError(
                f"{side.name} ended its answer after {given['tokens']} of {tokens} tokens: "
                "choose questions in tools/bench/texts.py that want a long answer"
            )
        return Answered(given["firstTokenMs"], given["tokensPerSecond"], given["promptTokens"], given["text"])

    return answer

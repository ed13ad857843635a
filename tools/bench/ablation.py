"""`ablation`: what each of the things that make answers faster brings, by leaving it out.

Every variant is the whole background in a runtime thread of its own, with one change (tools/bench/inside), and all take
turns in one browser. A chat is asked the same again and again, so that only its last token has to be read and decoding
is what is left.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tools.bench.answers import DEVICE, DTYPE, ONE_BY_ONE, Answered, Answers, ask
from tools.bench.generate import WORDS
from tools.bench.results import Report, Row, Series
from tools.bench.rounds import each_in_turn
from tools.bench.session import Side, open_session
from tools.bench.texts import chat, long_question, short_question

ANSWER_TOKENS = 64
# Ours as it ships.
GUESSES = "guesses"
# What is left out, by the name of the variant. All but "guesses" compute tokens one by one: what is guessed right
# depends on the text, and would hide the rest.
CHANGES: dict[str, list[str]] = {
    "ours": [],
    GUESSES: [],
    "copied-caches": ["copied_caches"],
    "one-thread": ["one_thread"],
}
# Tokens of context, about, and what asks for them.
QUESTIONS = {50: short_question(0), **{tokens: long_question(0, words) for tokens, words in WORDS.items()}}


def measure(extension: Path, rounds: int) -> Report:
    """Let all variants answer in turns, at every length of context."""
    from tools.model.default_model import REPOSITORY, ensure_default_model

    with open_session(extension, models={REPOSITORY: ensure_default_model()}) as session:
        sides: dict[str, Side] = {
            name: session.thread(name, changes) for name, changes in CHANGES.items() if name != GUESSES
        }
        for side in sides.values():
            side.call("load", {"model": REPOSITORY, "dtype": DTYPE, "device": DEVICE})
        sides[GUESSES] = sides["ours"]
        answers, prefills = {}, {}
        for tokens, question in QUESTIONS.items():
            turns = {
                name: _asking_again(side, question, {} if name == GUESSES else ONE_BY_ONE)
                for name, side in sides.items()
            }
            # The first time the whole prompt is read.
            taken = each_in_turn(turns, rounds + 1, rehearsals=0, what=f"{tokens} tokens")
            prefills[tokens] = {name: given[:1] for name, given in taken.items() if name != GUESSES}
            answers[tokens] = {name: given[1:] for name, given in taken.items()}
    return report(answers, prefills)


def report(answers: Mapping[int, Answers], prefills: Mapping[int, Answers]) -> Report:
    """Compare ours with each variant.

    Args:
        answers: by tokens of context.
        prefills: the first of each, which had to read the prompt.
    """
    rows = [
        Row(f"{metric}/{tokens}", "tok/s", series["ours"], series[peer], peer)
        for metric, taken, quantity in (
            ("decode_tok_s", answers, lambda answer: answer.tokens_per_second),
            ("prefill_tok_s", prefills, lambda answer: answer.prompt_tokens_per_second),
        )
        for tokens, given in taken.items()
        for series in [_series(given, quantity)]
        for peer in series
        if peer != "ours"
    ]
    return Report("ablation", rows, [_same_texts(answers)])


def _series(answers: Answers, quantity: Callable[[Answered], float]) -> dict[str, Series]:
    return {name: Series(tuple(map(quantity, given))) for name, given in answers.items()}


def _same_texts(answers: Mapping[int, Answers]) -> str:
    compared = {
        tokens: sum(given["ours"][0].text == others[0].text for name, others in given.items() if name != "ours")
        for tokens, given in answers.items()
    }
    counts = ", ".join(f"{same} of {len(CHANGES) - 1} ({tokens})" for tokens, same in compared.items())
    return f"Variants that wrote the same text: {counts}."


def _asking_again(side: Side, question: str, settings: Mapping[str, Any]) -> Callable[[int], Answered]:
    options = {
        "messages": chat(question),
        "newTokens": ANSWER_TOKENS,
        "chatId": f"{len(question)} characters",
        "settings": settings,
    }
    return lambda number: ask(side, options)

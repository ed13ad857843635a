"""Python's share of a decode step, in the real runtime thread.

With an engine that takes the same time for every pass, what a step takes beyond it is the background's own: the decode
loop, the sampler, the text, the events, the loop of Pyodide. With the real engine the share is everything but ONNX
Runtime's C function: the JavaScript around it as well, tensors, the search for the best token, the tokenizer.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from tools.bench.answers import DEVICE, DTYPE, ONE_BY_ONE
from tools.bench.results import Row, Series, Target
from tools.bench.rounds import each_in_turn
from tools.bench.session import ThreadSide, open_session
from tools.bench.texts import chat, short_question

LIMIT_PERCENT = 2.0
# Of an answer with the engine of constant time, which never ends by itself, and with the real one.
TOKENS = {"constant": 240, "onnxruntime": 64}
# The answer's tokens one by one, and no more passes behind them.
DECODE_ALONE = {**ONE_BY_ONE, "use_cache": False}
TINY = "tabagent/tiny"


def measure(extension: Path, repository: str, model: Path, rounds: int) -> dict[str, Series]:
    """Return the share in percent, with each of the engines, `rounds` times.

    Args:
        extension: the built extension.
        repository: the real model's name.
        model: its folder.
        rounds: how often.
    """
    from tools.model import make_tiny_model

    with (
        tempfile.TemporaryDirectory(prefix="tabagent-tiny-") as folder,
        open_session(extension, models={repository: model, TINY: make_tiny_model(Path(folder) / "tiny")}) as session,
    ):
        sides = {
            "constant": session.thread("constant", ["constant_engine"]),
            "onnxruntime": session.thread("onnxruntime", ["timed_engine"]),
        }
        for name, side in sides.items():
            wanted = TINY if name == "constant" else repository
            side.call("load", {"model": wanted, "dtype": DTYPE, "device": DEVICE})
        turns = {name: _answering(side, TOKENS[name]) for name, side in sides.items()}
        taken = each_in_turn(turns, rounds, what="share")
    return {name: Series(tuple(shares)) for name, shares in taken.items()}


def rows(shares: Mapping[str, Series]) -> list[Row]:
    """Compare with the limit."""
    limit = Series((LIMIT_PERCENT,))
    return [
        Row("python_share", "%", shares["constant"], limit, "limit", Target("<=", LIMIT_PERCENT, of="ours")),
        Row("python_share/and_javascript", "%", shares["onnxruntime"], limit, "limit"),
    ]


def share(tokens_per_second: float, tokens: int, passes: list[float]) -> float:
    """Return how many percent of the decode steps' time were not the engine's.

    Args:
        tokens_per_second: of the tokens after the first.
        tokens: of the answer.
        passes: milliseconds of the engine's passes, those of the prompt first.
    """
    steps = tokens - 1
    whole = steps / tokens_per_second * 1000
    return (whole - sum(passes[-steps:])) / whole * 100


def _answering(side: ThreadSide, tokens: int) -> Callable[[int], float]:
    def answer(number: int) -> float:
        side.probe("takeRuns")
        options = {"messages": chat(short_question(number)), "newTokens": tokens, "settings": DECODE_ALONE}
        given = side.call("answer", options)
        return share(given["tokensPerSecond"], given["tokens"], side.probe("takeRuns"))

    return answer

"""Loads and answers of those that are compared, and how they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.bench.extension_facts import way_of_reading
from tools.bench.session import Side
from tools.bench.texts import chat
from tools.environment import CACHE, ROOT, ToolError

DTYPE, DEVICE = "q8", "wasm"
# Settings of an answer whose tokens are all computed one by one.
ONE_BY_ONE = {"prompt_lookup_num_tokens": 0}
Question = Callable[[int], str]


@dataclass(frozen=True, slots=True)
class Answered:
    """One answer.

    Attributes:
        first_token_ms: from the question to the first token.
        tokens_per_second: of the tokens after the first.
        prompt_tokens: of the prompt, the template's included.
        text: of the answer.
        cached_tokens: of the prompt, known from before; ours alone tells.
        prompt_tokens_per_second: how fast the prompt was read.
        rest_ms: until the answer had been read again for the next question; ours alone does that.
    """

    first_token_ms: float
    tokens_per_second: float
    prompt_tokens: int
    text: str
    cached_tokens: int = 0
    prompt_tokens_per_second: float = 0.0
    rest_ms: float = 0.0


Answers = Mapping[str, Sequence[Answered]]


def peers_folders(extension: Path, gguf: Path | None = None) -> dict[str, Path]:
    """Return what the peers' pages load, by the names in their addresses."""
    folders = {"transformers": extension / "vendor" / "transformers", "models": CACHE / "models"}
    if gguf is not None:
        folders |= {"gguf": gguf.parent, "wllama": ROOT / "build" / "node_modules" / "@wllama" / "wllama" / "esm"}
    return folders


def load_options(threads: int, repository: str, model: Path, gguf: str = "") -> dict[str, Any]:
    """Return the options of everybody's `load`.

    Args:
        threads: of the processor.
        repository: the model's name.
        model: its folder.
        gguf: the file for llama.cpp.
    """
    way = way_of_reading(model, DTYPE)
    return {
        "model": repository,
        "dtype": DTYPE,
        "device": DEVICE,
        "gguf": gguf,
        "threads": threads,
        "pieces": None if way.whole else list(way.pieces),
        "warmUp": {"promptTokens": way.warm_up_prompt, "newTokens": way.warm_up_new},
    }


def loading(side: Side, options: Mapping[str, Any]) -> Callable[[int], float]:
    """Return a turn that loads from the store, each time in a fresh thread. The rehearsal brings the files in."""

    def load(number: int) -> float:
        if number > 0:
            side.call("unload")
        return float(side.call("load", options)["ms"])

    return load


def answering(
    side: Side, question: Question, tokens: int, pieces: Sequence[int] | None, **more: object
) -> Callable[[int], Answered]:
    """Return a turn that asks a question in a new chat.

    Args:
        side: who answers.
        question: by the round's number.
        tokens: of the answer; a shorter one is an error.
        pieces: in which bare JavaScript reads the prompt; None for one pass.
        more: options of ours alone.
    """

    def answer(number: int) -> Answered:
        return ask(side, {"messages": chat(question(number)), "newTokens": tokens, "pieces": pieces, **more})

    return answer


def ask(side: Side, options: Mapping[str, Any]) -> Answered:
    """Ask once.

    Raises:
        ToolError: the answer is shorter than `newTokens`.
    """
    given = side.call("answer", options)
    if given["tokens"] != options["newTokens"]:
        raise ToolError(
            f"{side.name} ended its answer after {given['tokens']} of {options['newTokens']} tokens: "
            "choose questions in tools/bench/texts.py that want a long answer"
        )
    first = float(given["firstTokenMs"])
    return Answered(
        first_token_ms=first,
        tokens_per_second=float(given["tokensPerSecond"]),
        prompt_tokens=int(given["promptTokens"]),
        text=given["text"],
        cached_tokens=int(given.get("cachedTokens", 0)),
        prompt_tokens_per_second=float(given.get("promptTokensPerSecond") or given["promptTokens"] / first * 1000),
        rest_ms=float(given.get("restMs", 0)),
    )

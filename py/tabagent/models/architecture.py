"""Reads what generation needs out of a model's `config.json`, with the fallbacks of the plan."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# Names that model families use for the longest sequence, in the plan's order.
CONTEXT_NAMES = ("max_position_embeddings", "n_positions", "max_sequence_length", "n_ctx", "context_length")
# What the original assumed for models that state nothing.
DEFAULT_CONTEXT_LENGTH = 2048


def context_length(config: Mapping[str, Any]) -> int:
    """Return the number of tokens that a model can attend to."""
    nested = config.get("text_config")
    for source in (config, nested if isinstance(nested, Mapping) else {}):
        for name in CONTEXT_NAMES:
            value = source.get(name)
            if isinstance(value, int) and not isinstance(value, bool) and value > 0:
                return value
    return DEFAULT_CONTEXT_LENGTH


def end_token_ids(generation_config: Mapping[str, Any], config: Mapping[str, Any]) -> frozenset[int]:
    """Return the tokens that end an answer: those of the generation config, else the config's; one or a list."""
    for source in (generation_config, config):
        value = source.get("eos_token_id")
        if isinstance(value, int):
            return frozenset({value})
        if isinstance(value, list | tuple) and value:
            return frozenset(int(token) for token in value)
    return frozenset()

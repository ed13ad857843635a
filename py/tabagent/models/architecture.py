"""Reads what generation needs out of a model's configuration, with the fallbacks of the plan.

These files come from anyone who made a model: a value of the wrong type, or one that cannot be, is passed over as if it
were not there.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

# Names that model families use for the longest sequence: the plan's in its order, then MPT's, ChatGLM's and others.
CONTEXT_NAMES = (
    *("max_position_embeddings", "n_positions", "max_sequence_length", "n_ctx", "context_length"),
    *("max_seq_len", "max_seq_length", "seq_length", "model_max_length"),
)
# What the original assumed for models that state nothing.
DEFAULT_CONTEXT_LENGTH = 2048
# No figure of a configuration is larger; `model_max_length` is 10^30 in some, which means "not known".
LARGEST = 2**31
# Where models of several kinds keep the configuration of the part that writes text.
TEXT_PARTS = ("text_config", "llm_config", "language_config", "decoder")
# Rope scalings whose factor `max_position_embeddings` has in it already: Llama 3.1 states 131,072 = 8192 * 16 with a
# factor of 8, Phi-3 131,072 with lists of factors. With the others it is the length before scaling. This is how vLLM
# reads them (`_get_and_verify_max_len`), with Gemma 3 as the one exception: a linear factor that is counted in.
SCALED_ALREADY = frozenset({"llama3", "longrope", "su"})
SCALED_ALREADY_MODELS = ("gemma3",)
# Of YaRN the length before scaling is stated for itself, and `max_position_embeddings` may be either.
FROM_ORIGINAL = frozenset({"yarn", "deepseek_yarn"})
# What no model states: the factor of the longest known (Llama with 10 million tokens) is 1220.
LARGEST_FACTOR = 4096.0
# End tokens of tokenizer classes that never state them (facts of their published vocabularies).
CLASS_END_TOKENS = {"LlamaTokenizer": 2, "GPT2Tokenizer": 50256}
# Looked up in the vocabulary of models that name no end token at all; the ends of a turn come before those of a text.
USUAL_END_TEXTS = ("<|im_end|>", "<|eot_id|>", "<end_of_turn>", "<|end|>", "</s>", "<|endoftext|>", "<|end_of_text|>")
# More end tokens than these are rubbish.
MOST_END_TOKENS = 64
QUANTIZATION_KEY = "tabagent_quantization"


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenIds:
    """Tokens with a meaning of their own.

    Attributes:
        end: Those that end an answer; empty where nobody knows any, and only the limit ends it.
        pad: Fills sequences; the first end token where none is stated.
        bos: Begins a sequence.
    """

    end: frozenset[int]
    pad: int | None
    bos: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AttentionShape:
    """What a token's keys and values take.

    Attributes:
        layers: Layers with a KV cache.
        kv_heads: Heads of keys and of values in each.
        head_dim: Numbers in each head.
    """

    layers: int
    kv_heads: int
    head_dim: int

    def bytes_per_token(self, number_bytes: int = 4) -> int:
        """Return the bytes that a token adds to the KV cache; numbers have 4 bytes, or 2 with f16 weights."""
        return 2 * self.layers * self.kv_heads * self.head_dim * number_bytes


def context_length(config: Mapping[str, Any]) -> int:
    """Return the number of tokens that a model can attend to, its rope scaling counted in.

    A sliding window (`sliding_window`) makes it no shorter: it limits how far a layer looks back, and what is farther
    back still arrives by way of the layers between.
    """
    for source in _parts(config):
        for name in CONTEXT_NAMES:
            length = _count(source.get(name))
            if length is not None:
                return _scaled(length, source, str(config.get("model_type")))
    return DEFAULT_CONTEXT_LENGTH


def attention_shape(config: Mapping[str, Any]) -> AttentionShape | None:
    """Return the shape of the KV cache, or None where the configuration does not tell."""
    for source in _parts(config):
        layers = _first_count(source, ("num_hidden_layers", "n_layer", "num_layers", "n_layers"))
        heads = _first_count(source, ("num_attention_heads", "n_head", "num_heads", "n_heads"))
        hidden = _first_count(source, ("hidden_size", "n_embd", "d_model"))
        head_dim = _first_count(source, ("head_dim",)) or (hidden // heads if hidden and heads else None)
        kv_heads = _first_count(source, ("num_key_value_heads", "num_kv_heads")) or heads
        if source.get("multi_query") is True and not source.get("new_decoder_architecture"):
            kv_heads = 1  # Falcon and GPT-BigCode
        if layers and kv_heads and head_dim:
            return AttentionShape(layers=layers, kv_heads=kv_heads, head_dim=head_dim)
    return None


def token_ids(
    config: Mapping[str, Any],
    generation_config: Mapping[str, Any],
    tokenizer_config: Mapping[str, Any],
    lookup: Callable[[str], int | None],
) -> TokenIds:
    """Return a model's tokens with a meaning of their own.

    An answer ends at the tokens that the generation config names, or else the config, and at the tokenizer's own end
    token: chat models that were made from others often change only that one. Where none of them names any, the
    tokenizer's class decides, then what is usual and in the vocabulary.

    Args:
        config: The model's `config.json`; empty where it has none, like the others.
        generation_config: Its `generation_config.json`.
        tokenizer_config: Its `tokenizer_config.json`.
        lookup: Returns the id of a token by its text, or None.
    """
    sources = (generation_config, *_parts(config))
    stated = (_ids(source.get(name), lookup) for source in sources for name in ("eos_token_id", "eos_token_ids"))
    own = _ids(tokenizer_config.get("eos_token"), lookup)
    end = [*next((found for found in stated if found), []), *own] or _assumed_end(config, tokenizer_config, lookup)

    def single(name: str) -> int | None:
        values = (tokenizer_config.get(f"{name}_token"), *(source.get(f"{name}_token_id") for source in sources))
        return next((found[0] for found in (_ids(value, lookup) for value in values) if found), None)

    pad = single("pad")
    return TokenIds(end=frozenset(end), pad=end[0] if pad is None and end else pad, bos=single("bos"))


def per_token_dtypes(config: Mapping[str, Any]) -> frozenset[str]:
    """Return the dtypes whose graphs quantize activations token by token.

    Such weights lose nothing when a whole prompt is passed at once. TabAgent's own conversions say so in their
    `config.json`: `"tabagent_quantization": {"q8": "token"}`.
    """
    stated = config.get(QUANTIZATION_KEY)
    if not isinstance(stated, Mapping):
        return frozenset()
    return frozenset(dtype for dtype, scale in stated.items() if isinstance(dtype, str) and scale == "token")


def _parts(config: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the configuration and those of its text part."""
    nested = (config.get(name) for name in TEXT_PARTS)
    return [config, *(part for part in nested if isinstance(part, Mapping))]


def _count(value: object) -> int | None:
    """Return a number of things, which is one at least; None for anything else."""
    found = _token_id(value)
    return found or None


def _first_count(source: Mapping[str, Any], names: Iterable[str]) -> int | None:
    return next((found for found in (_count(source.get(name)) for name in names) if found), None)


def _scaled(length: int, config: Mapping[str, Any], model_type: str) -> int:
    """Return a context length with its rope scaling, which may be stated in several ways.

    `rope_scaling` has a `type` or, since transformers 4.45, `rope_type`; transformers 5 writes `rope_parameters`.
    """
    scaling = config.get("rope_scaling") or config.get("rope_parameters")
    kind = config.get("model_type", model_type)
    if not isinstance(scaling, Mapping) or str(kind).startswith(SCALED_ALREADY_MODELS):
        return length
    rope = str(scaling.get("rope_type") or scaling.get("type"))
    factor = scaling.get("factor")
    if rope in SCALED_ALREADY or isinstance(factor, bool) or not isinstance(factor, int | float):
        return length
    if not 1 <= factor <= LARGEST_FACTOR:
        return length
    if rope in FROM_ORIGINAL:
        length = _count(scaling.get("original_max_position_embeddings")) or length
    return min(LARGEST, math.floor(length * factor))


def _assumed_end(
    config: Mapping[str, Any], tokenizer_config: Mapping[str, Any], lookup: Callable[[str], int | None]
) -> list[int]:
    kind = str(tokenizer_config.get("tokenizer_class")).removesuffix("Fast")
    token = CLASS_END_TOKENS.get(kind)
    words = _count(config.get("vocab_size"))
    # The class tells how a tokenizer works, not which vocabulary it has.
    if token is not None and (words is None or token < words):
        return [token]
    return next((found for found in (_ids(text, lookup) for text in USUAL_END_TEXTS) if found), [])


def _ids(value: object, lookup: Callable[[str], int | None]) -> list[int]:
    """Return token ids out of a number, a text (of a token, or a number in quotes), an added token, or a list."""
    items = list(value)[:MOST_END_TOKENS] if isinstance(value, list | tuple) else [value]
    return [token for token in (_one_id(item, lookup) for item in items) if token is not None]


def _one_id(value: object, lookup: Callable[[str], int | None]) -> int | None:
    if isinstance(value, Mapping):
        value = value.get("content")
    if isinstance(value, str):
        if value.isascii() and value.isdigit() and len(value) <= len(str(LARGEST)):
            return _token_id(int(value))
        return _token_id(lookup(value)) if value else None
    return _token_id(value)


def _token_id(value: object) -> int | None:
    """Return a whole number that is not negative, as JSON may write it; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if not 0 <= value <= LARGEST or value != int(value):
        return None
    return int(value)

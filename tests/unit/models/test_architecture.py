"""Facts that generation needs, read out of the configurations of many model families and of hostile ones."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabagent.models.architecture import (
    CONTEXT_NAMES,
    DEFAULT_CONTEXT_LENGTH,
    LARGEST,
    AttentionShape,
    TokenIds,
    attention_shape,
    context_length,
    per_token_dtypes,
    token_ids,
)

VOCABULARY = {"</s>": 2, "<|im_end|>": 7, "<|endoftext|>": 9, "<pad>": 4, "<s>": 1, "5": 55}

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=20), inner, max_size=4),
    max_leaves=8,
)
NAMES = (
    *CONTEXT_NAMES,
    *("rope_scaling", "rope_parameters", "text_config", "factor", "type", "rope_type", "model_type", "vocab_size"),
    *("eos_token_id", "eos_token_ids", "pad_token_id", "bos_token_id", "eos_token", "pad_token", "tokenizer_class"),
    *("num_hidden_layers", "num_attention_heads", "hidden_size", "head_dim", "num_key_value_heads", "multi_query"),
    *("original_max_position_embeddings", "tabagent_quantization"),
)
configs = st.recursive(
    st.dictionaries(st.sampled_from(NAMES), json_values, max_size=8),
    lambda inner: st.dictionaries(st.sampled_from(NAMES), json_values | inner, max_size=8),
    max_leaves=3,
)


def tokens(
    config: dict[str, Any] | None = None,
    generation_config: dict[str, Any] | None = None,
    tokenizer_config: dict[str, Any] | None = None,
    vocabulary: dict[str, int] | None = None,
) -> TokenIds:
    known = VOCABULARY if vocabulary is None else vocabulary
    return token_ids(config or {}, generation_config or {}, tokenizer_config or {}, known.get)


@pytest.mark.parametrize("name", CONTEXT_NAMES)
def test_the_context_length_is_found_under_each_familys_name(name: str) -> None:
    assert context_length({name: 4096}) == 4096


def test_the_first_name_in_the_plans_order_counts() -> None:
    assert context_length({name: number for number, name in enumerate(reversed(CONTEXT_NAMES), 1)}) == len(
        CONTEXT_NAMES
    )


@pytest.mark.parametrize("part", ["text_config", "llm_config", "language_config"])
def test_the_context_length_of_a_model_of_several_kinds_is_that_of_its_text_part(part: str) -> None:
    assert context_length({part: {"max_position_embeddings": 8192}}) == 8192


def test_the_models_own_figure_counts_before_its_text_parts() -> None:
    assert context_length({"n_ctx": 10, "text_config": {"max_position_embeddings": 20}}) == 10


@pytest.mark.parametrize("value", [None, 0, -1, "4096", True, 1e30, 10**400, float("nan"), 3.5, [4096], {}])
def test_a_figure_that_is_no_length_is_passed_over(value: Any) -> None:
    assert context_length({"max_position_embeddings": value, "n_ctx": 7}) == 7


@pytest.mark.parametrize("config", [{}, {"text_config": None}, {"text_config": [1]}, {"text_config": {}}])
def test_a_model_that_states_nothing_gets_the_originals_assumption(config: dict[str, Any]) -> None:
    assert context_length(config) == DEFAULT_CONTEXT_LENGTH


@pytest.mark.parametrize(
    ("length", "scaling", "scaled"),
    [
        (4096, {"type": "linear", "factor": 2.0}, 8192),
        (4096, {"type": "dynamic", "factor": 4}, 16_384),
        (2048, {"rope_type": "linear", "factor": 1.5}, 3072),
        # Qwen2.5, which states the length before scaling; DeepSeek, which states the one after it.
        (32_768, {"type": "yarn", "factor": 4.0, "original_max_position_embeddings": 32_768}, 131_072),
        (163_840, {"type": "yarn", "factor": 40, "original_max_position_embeddings": 4096}, 163_840),
        (4096, {"type": "yarn", "factor": 2}, 8192),
        # Llama 3.1 and Phi-3: the factor is counted in.
        (
            131_072,
            {"rope_type": "llama3", "factor": 8.0, "original_max_position_embeddings": 8192, "low_freq_factor": 1},
            131_072,
        ),
        (131_072, {"type": "longrope", "short_factor": [1.0], "long_factor": [1.0], "factor": 32}, 131_072),
        (131_072, {"type": "su", "factor": 32}, 131_072),
        (8192, {"rope_type": "default", "rope_theta": 10_000}, 8192),
        (8192, {"type": "mrope", "mrope_section": [16, 24, 24]}, 8192),
        (8192, {"type": "video_rope", "factor": None}, 8192),
        (8192, None, 8192),
        (8192, "linear", 8192),
        (8192, {"type": "linear", "factor": "2"}, 8192),
        (8192, {"type": "linear", "factor": True}, 8192),
        (8192, {"type": "linear", "factor": -2}, 8192),
        (8192, {"type": "linear", "factor": 0.5}, 8192),
        (8192, {"type": "linear", "factor": float("nan")}, 8192),
        (8192, {"type": "linear", "factor": float("inf")}, 8192),
        (8192, {"type": "yarn", "factor": 2, "original_max_position_embeddings": "x"}, 16_384),
    ],
)
def test_rope_scaling_is_counted_in_once(length: int, scaling: Any, scaled: int) -> None:
    assert context_length({"max_position_embeddings": length, "rope_scaling": scaling}) == scaled
    nested = {"text_config": {"max_position_embeddings": length, "rope_parameters": scaling}}
    assert context_length(nested) == scaled


@pytest.mark.parametrize("kind", ["gemma3", "gemma3_text"])
def test_gemma_3_states_the_length_after_its_linear_scaling(kind: str) -> None:
    part = {"max_position_embeddings": 131_072, "rope_scaling": {"rope_type": "linear", "factor": 8.0}}

    assert context_length({"model_type": kind, **part}) == 131_072
    assert context_length({"model_type": "gemma3", "text_config": {"model_type": kind, **part}}) == 131_072
    assert context_length({"model_type": "gemma3", "text_config": part}) == 131_072


def test_a_sliding_window_does_not_shorten_the_context() -> None:
    assert context_length({"max_position_embeddings": 32_768, "sliding_window": 4096}) == 32_768


@pytest.mark.parametrize(
    ("config", "shape"),
    [
        (
            {"num_hidden_layers": 30, "num_attention_heads": 9, "num_key_value_heads": 3, "hidden_size": 576},
            (30, 3, 64),
        ),
        ({"n_layer": 12, "n_head": 12, "n_embd": 768}, (12, 12, 64)),
        ({"num_hidden_layers": 18, "num_attention_heads": 4, "hidden_size": 640, "head_dim": 256}, (18, 4, 256)),
        ({"num_layers": 2, "num_heads": 4, "hidden_size": 64}, (2, 4, 16)),
        ({"n_layers": 24, "n_heads": 16, "d_model": 2048}, (24, 16, 128)),
        ({"num_hidden_layers": 32, "num_attention_heads": 71, "hidden_size": 4544, "multi_query": True}, (32, 1, 64)),
        ({"text_config": {"num_hidden_layers": 2, "num_attention_heads": 4, "hidden_size": 64}}, (2, 4, 16)),
    ],
)
def test_the_kv_cache_has_the_shape_of_the_family(config: dict[str, Any], shape: tuple[int, int, int]) -> None:
    layers, kv_heads, head_dim = shape

    assert attention_shape(config) == AttentionShape(layers=layers, kv_heads=kv_heads, head_dim=head_dim)


@pytest.mark.parametrize("config", [{}, {"num_hidden_layers": 2}, {"num_hidden_layers": "2", "hidden_size": 8}])
def test_a_configuration_that_does_not_tell_has_no_shape(config: dict[str, Any]) -> None:
    assert attention_shape(config) is None


def test_a_token_takes_keys_and_values_in_every_layer() -> None:
    shape = AttentionShape(layers=30, kv_heads=3, head_dim=64)

    assert (shape.bytes_per_token(), shape.bytes_per_token(2)) == (46_080, 23_040)


@pytest.mark.parametrize(
    ("generation_config", "config", "end"),
    [
        ({"eos_token_id": 2}, {"eos_token_id": 3}, {2}),
        ({"eos_token_id": [2, 5]}, {"eos_token_id": 3}, {2, 5}),
        ({"eos_token_id": 0}, {"eos_token_id": 3}, {0}),
        ({}, {"eos_token_id": 3}, {3}),
        ({"eos_token_id": None}, {"eos_token_id": (3, 4)}, {3, 4}),
        ({"eos_token_id": []}, {"eos_token_id": 3}, {3}),
        ({"eos_token_ids": [6]}, {}, {6}),
        ({}, {"eos_token_ids": [6, 8]}, {6, 8}),
        ({}, {"text_config": {"eos_token_id": 3}}, {3}),
        ({"eos_token_id": "<|im_end|>"}, {}, {7}),
        ({"eos_token_id": ["<|im_end|>", 3, "unheard of"]}, {}, {7, 3}),
        ({"eos_token_id": "5"}, {}, {5}),
        ({"eos_token_id": 5.0}, {}, {5}),
        ({"eos_token_id": -1}, {"eos_token_id": 3}, {3}),
        ({"eos_token_id": True}, {"eos_token_id": 3}, {3}),
        ({"eos_token_id": "unheard of"}, {"eos_token_id": 3}, {3}),
        ({"eos_token_id": [None, {}, [2], -4, "", 1.5, 2**60]}, {"eos_token_id": 3}, {3}),
    ],
)
def test_end_tokens_come_from_the_generation_config_then_the_config(
    generation_config: dict[str, Any], config: dict[str, Any], end: set[int]
) -> None:
    assert tokens(config, generation_config).end == end


@pytest.mark.parametrize("text", ["<|im_end|>", {"content": "<|im_end|>", "special": True}])
def test_the_tokenizers_own_end_token_ends_an_answer_too(text: Any) -> None:
    assert tokens({"eos_token_id": 9}, {}, {"eos_token": text}).end == {9, 7}


@pytest.mark.parametrize(
    ("kind", "config", "end"),
    [
        ("LlamaTokenizer", {}, 2),
        ("LlamaTokenizerFast", {"vocab_size": 32_000}, 2),
        ("GPT2Tokenizer", {}, 50_256),
        ("GPT2TokenizerFast", {"vocab_size": 50_257}, 50_256),
    ],
)
def test_the_tokenizers_class_tells_the_end_token_where_nobody_states_one(
    kind: str, config: dict[str, Any], end: int
) -> None:
    assert tokens(config, {}, {"tokenizer_class": kind}, {}).end == {end}


def test_a_class_whose_end_token_is_not_in_the_vocabulary_is_not_believed() -> None:
    found = tokens({"vocab_size": 49_152}, {}, {"tokenizer_class": "GPT2Tokenizer"})

    assert found.end == {7}


def test_without_any_word_the_usual_end_in_the_vocabulary_counts() -> None:
    assert tokens().end == {7}
    assert tokens(vocabulary={"</s>": 2, "<|endoftext|>": 9}).end == {2}
    assert tokens(vocabulary={}) == TokenIds(end=frozenset(), pad=None, bos=None)


@pytest.mark.parametrize(
    ("config", "generation_config", "tokenizer_config", "pad"),
    [
        ({"pad_token_id": 5}, {"pad_token_id": 6}, {"pad_token": "<pad>"}, 4),
        ({"pad_token_id": 5}, {"pad_token_id": 6}, {}, 6),
        ({"pad_token_id": 5}, {"pad_token_id": -1}, {"pad_token": "unheard of"}, 5),
        ({"pad_token_id": 0}, {}, {}, 0),
        ({"eos_token_id": [8, 3]}, {}, {}, 8),
    ],
)
def test_padding_comes_from_the_tokenizer_then_the_configs_then_the_end_token(
    config: dict[str, Any], generation_config: dict[str, Any], tokenizer_config: dict[str, Any], pad: int
) -> None:
    assert tokens(config, generation_config, tokenizer_config).pad == pad


def test_the_token_that_begins_a_sequence_comes_from_the_tokenizer_then_the_configs() -> None:
    assert tokens({"bos_token_id": 3}, {}, {"bos_token": "<s>"}).bos == 1
    assert tokens({"bos_token_id": 3}, {"bos_token_id": 0}).bos == 0
    assert tokens({"text_config": {"bos_token_id": 3}}).bos == 3


@pytest.mark.parametrize(
    ("stated", "dtypes"),
    [
        ({"q8": "token"}, {"q8"}),
        ({"q8": "token", "int8": "tensor", "uint8": "token"}, {"q8", "uint8"}),
        ({"q8": ["token"], "q4": {}, "int8": None, "uint8": True, 3: "token"}, set()),
        (["q8"], set()),
        ("token", set()),
        (None, set()),
    ],
)
def test_dtypes_that_quantize_token_by_token_are_named_in_the_configuration(stated: Any, dtypes: set[str]) -> None:
    assert per_token_dtypes({"tabagent_quantization": stated}) == dtypes
    assert per_token_dtypes({}) == set()


@given(configs, configs, configs)
def test_no_configuration_makes_reading_it_fail(
    config: dict[str, Any], generation_config: dict[str, Any], tokenizer_config: dict[str, Any]
) -> None:
    found = tokens(config, generation_config, tokenizer_config)

    assert 1 <= context_length(config) <= LARGEST
    attention_shape(config)
    assert all(isinstance(name, str) for name in per_token_dtypes(config))
    for token in (*found.end, found.pad, found.bos):
        assert token is None or (type(token) is int and 0 <= token <= LARGEST)

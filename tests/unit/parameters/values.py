"""Right and wrong values of every setting; a setting without a row here fails the tests."""

from __future__ import annotations

from tabagent.errors import JsonValue

HUGE: list[JsonValue] = [float("nan"), float("inf"), float("-inf"), 1e308, 10**400, -(10**400), 10**5000]
NOT_NUMBERS: list[JsonValue] = [True, False, "1", "", [1], {}]
NOT_SWITCHES: list[JsonValue] = [0, 1, "true", "", [], {}]
NOT_TEXTS: list[JsonValue] = [0, True, ["a"], {}]
NOT_TOKENS: list[JsonValue] = [-1, 1.0, 1.5, True, "1", 10_000_001, 10**400, float("nan"), {}]
NOT_TOKEN_LISTS: list[JsonValue] = [*NOT_TOKENS, [-1], [1.5], [True], [None], [[1]], [1, "2"], [0] * 10_001]
NOT_PAIRS: list[JsonValue] = [0, True, "1", {}, [], [1], [1, 2, 3], [True, 1], [1, True], [None, 1], ["1", 1]]
NOT_DECAYS: list[JsonValue] = [
    *NOT_PAIRS,
    [-1, 1],
    [1.5, 1],
    [32_769, 1],
    [10**400, 1],
    [1, 0],
    [1, 10.1],
    [1, float("nan")],
    [1, 10**400],
]
NOT_OBJECTS: list[JsonValue] = [0, True, "{}", [], [{}], {"a": float("nan")}, {"a": "x" * 100_001}]


def nested(levels: int) -> JsonValue:
    """Return objects in objects."""
    value: JsonValue = {}
    for _ in range(levels - 1):
        value = {"a": value}
    return value


# Of settings that work. {name: (values that are taken, values that are not)}
WORKING: dict[str, tuple[list[JsonValue], list[JsonValue]]] = {
    "system_prompt": (["", "Be brief.", "é 漢 😀", "x" * 100_000], [*NOT_TEXTS, None, "x" * 100_001]),
    "max_new_tokens": ([1, 64.0, 32_768], [*NOT_NUMBERS, *HUGE, None, 0, -1, 1.5, 32_769]),
    "do_sample": ([True, False], [*NOT_SWITCHES, None]),
    "temperature": ([0, 0.01, 1, 2], [*NOT_NUMBERS, *HUGE, None, -0.01, 2.01]),
    "top_k": ([0, 40, 1000], [*NOT_NUMBERS, *HUGE, None, -1, 0.5, 1001]),
    "top_p": ([0.001, 0.5, 1], [*NOT_NUMBERS, *HUGE, None, 0, -0.1, 1.01]),
    "prompt_lookup_num_tokens": ([0, 8, 32, None], [-1, 33, 1.5, True, "8"]),
    "min_p": ([0, 0.05, 1], [*NOT_NUMBERS, *HUGE, None, -0.1, 1.01]),
    "typical_p": ([0.01, 0.95, 1], [*NOT_NUMBERS, *HUGE, None, 0, -0.1, 1.01]),
    "repetition_penalty": ([1, 1.1, 2], [*NOT_NUMBERS, *HUGE, None, 0, 0.99, 2.01]),
    "seed": ([0, 42, 2**53 - 1, None], [*NOT_NUMBERS, *HUGE, -1, 1.5, 2**53]),
    "stop": (
        [[], ["\n\n"], ["a"] * 16, ["x" * 200]],
        [*NOT_NUMBERS, None, [""], [1], [None], ["a"] * 17, ["x" * 201]],
    ),
    "json_mode": ([True, False], [*NOT_SWITCHES, None]),
    "json_schema": ([None, {}, {"type": "object"}, {"enum": [None, 1.5]}, nested(32)], [*NOT_OBJECTS, nested(33)]),
    "chat_template_kwargs": (
        [{}, {"enable_thinking": False}, {"tools": [{"name": "f"}]}],
        [*NOT_OBJECTS, None, nested(33), nested(5000)],
    ),
    "max_length": ([1, 2048, 1_048_576, None], [*NOT_NUMBERS, *HUGE, 0, -1, 1.5, 1_048_577]),
    "min_length": ([0, 100, 1_048_576], [*NOT_NUMBERS, *HUGE, None, -1, 1.5, 1_048_577]),
    "min_new_tokens": ([0, 10, 512], [*NOT_NUMBERS, *HUGE, None, -1, 1.5, 32_769]),
    "max_time": ([0.5, 60, 86_400, None], [*NOT_NUMBERS, *HUGE, 0, -1, 86_401]),
    "epsilon_cutoff": ([0, 0.0003, 0.99], [*NOT_NUMBERS, *HUGE, None, -0.1, 1]),
    "eta_cutoff": ([0, 0.002, 0.99], [*NOT_NUMBERS, *HUGE, None, -0.1, 1]),
    "no_repeat_ngram_size": ([0, 3, 100], [*NOT_NUMBERS, *HUGE, None, -1, 1.5, 101]),
    "exponential_decay_length_penalty": ([None, [0, 1.5], [32_768, 10], [5.0, 1]], NOT_DECAYS),
    "bad_words_ids": (
        [None, [], [[1]], [[1, 2], [3]], [[0] * 64] * 1000],
        [0, True, "1", {}, [1], [[]], [[-1]], [[1.5]], [[True]], [None], [[0] * 65], [[0]] * 1001],
    ),
    "suppress_tokens": ([None, [], [0, 10_000_000], 5], NOT_TOKEN_LISTS),
    "begin_suppress_tokens": ([None, [], [0, 10_000_000], 5], NOT_TOKEN_LISTS),
    "forced_bos_token_id": ([None, 0, 10_000_000], [*NOT_TOKENS, [1], []]),
    "forced_eos_token_id": ([None, 0, [1, 2]], NOT_TOKEN_LISTS),
    "eos_token_id": ([None, 0, 2, [1, 2], []], NOT_TOKEN_LISTS),
    "pad_token_id": ([None, 0, 10_000_000], [*NOT_TOKENS, [1], []]),
    "bos_token_id": ([None, 0, 10_000_000], [*NOT_TOKENS, [1], []]),
    "remove_invalid_values": ([True, False], [*NOT_SWITCHES, None]),
    "renormalize_logits": ([True, False], [*NOT_SWITCHES, None]),
    "use_cache": ([True, False], [*NOT_SWITCHES, None]),
    "prefix": ([None, "", "<|x|>", "x" * 10_000], [*NOT_TEXTS, "x" * 10_001]),
}

NO_NUMBERS: list[JsonValue] = [*NOT_NUMBERS, float("nan"), float("inf"), float("-inf"), 10**400]
# Of settings of which the neutral value alone is taken, as null is.
# {name: (neutral values, values that are refused with a reason, values of another type)}
FIXED: dict[str, tuple[list[JsonValue], list[JsonValue], list[JsonValue]]] = {
    "threads": ([0, None], [1, 2, -1], [*NO_NUMBERS, 1.5]),
    "batch_size": ([1, 1.0, None], [0, 2], [*NO_NUMBERS, 1.5]),
    "num_return_sequences": ([1, None], [0, 2], [*NO_NUMBERS, 1.5]),
    "num_beams": ([1, None], [0, 4], [*NO_NUMBERS, 1.5]),
    "num_beam_groups": ([1, None], [2], [*NO_NUMBERS, 1.5]),
    "diversity_penalty": ([0, 0.0, None], [0.5], NO_NUMBERS),
    "early_stopping": ([False, None], [True], [0, 1, "never", [], {}]),
    "length_penalty": ([1, None], [0.8, -2], NO_NUMBERS),
    "penalty_alpha": ([0, None], [0.6], NO_NUMBERS),
    "guidance_scale": ([1, None], [1.5, 20], NO_NUMBERS),
    "encoder_repetition_penalty": ([1, None], [1.2], NO_NUMBERS),
    "encoder_no_repeat_ngram_size": ([0, None], [3], [*NO_NUMBERS, 1.5]),
    "decoder_start_token_id": ([None], [0, 1], []),
    "attention_mask": ([True, None], [False], [0, 1, "1", [1, 1]]),
    "force_words_ids": ([None], [[], [[1]], 5], []),
    "constraints": ([None], [[], [{}]], []),
    "forced_decoder_ids": ([None], [[], [[1, 123]]], []),
    "output_attentions": ([False, None], [True], NOT_SWITCHES),
    "output_hidden_states": ([False, None], [True], NOT_SWITCHES),
    "output_scores": ([False, None], [True], NOT_SWITCHES),
    "return_dict_in_generate": ([False, None], [True], NOT_SWITCHES),
}

RESOURCES: dict[str, tuple[list[JsonValue], list[JsonValue]]] = {
    "idle_minutes": ([0, 0.5, 1440], [*NOT_NUMBERS, *HUGE, None, -1, 1441]),
    "idle_minutes_open": ([0, 30, 1440], [*NOT_NUMBERS, *HUGE, None, -1, 1441]),
    "threads": ([0, 4, 64], [*NOT_NUMBERS, *HUGE, None, -1, 1.5, 65]),
    "cache_megabytes": ([0, 512, 65_536], [*NOT_NUMBERS, *HUGE, None, -1, 1.5, 65_537]),
    "token_timeout_seconds": ([1, 60.5, 3600], [*NOT_NUMBERS, *HUGE, None, 0, 3601]),
    "load_timeout_seconds": ([5, 3600], [*NOT_NUMBERS, *HUGE, None, 4, 3601]),
    "restore_model": ([True, False], [None, 0, 1, "true", []]),
    "debug_content": ([True, False], [None, 0, 1, "true", []]),
}

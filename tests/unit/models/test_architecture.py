"""Facts that generation needs, read out of the configurations of many model families."""

from __future__ import annotations

from typing import Any

import pytest

from tabagent.models.architecture import CONTEXT_NAMES, DEFAULT_CONTEXT_LENGTH, context_length, end_token_ids


@pytest.mark.parametrize("name", CONTEXT_NAMES)
def test_the_context_length_is_found_under_each_familys_name(name: str) -> None:
    assert context_length({name: 4096}) == 4096


def test_the_first_name_in_the_plans_order_counts() -> None:
    assert context_length({name: number for number, name in enumerate(reversed(CONTEXT_NAMES), 1)}) == len(
        CONTEXT_NAMES
    )


def test_the_context_length_of_a_model_of_several_kinds_is_that_of_its_text_part() -> None:
    assert context_length({"text_config": {"max_position_embeddings": 8192}}) == 8192


def test_the_models_own_figure_counts_before_its_text_parts() -> None:
    assert context_length({"n_ctx": 10, "text_config": {"max_position_embeddings": 20}}) == 10


@pytest.mark.parametrize("value", [None, 0, -1, "4096", True, 1e30, [4096]])
def test_a_figure_that_is_no_length_is_passed_over(value: Any) -> None:
    assert context_length({"max_position_embeddings": value, "n_ctx": 7}) == 7


@pytest.mark.parametrize("config", [{}, {"text_config": None}, {"text_config": [1]}, {"text_config": {}}])
def test_a_model_that_states_nothing_gets_the_originals_assumption(config: dict[str, Any]) -> None:
    assert context_length(config) == DEFAULT_CONTEXT_LENGTH


@pytest.mark.parametrize(
    ("generation_config", "config", "tokens"),
    [
        ({"eos_token_id": 2}, {"eos_token_id": 3}, {2}),
        ({"eos_token_id": [2, 5]}, {"eos_token_id": 3}, {2, 5}),
        ({"eos_token_id": 0}, {"eos_token_id": 3}, {0}),
        ({}, {"eos_token_id": 3}, {3}),
        ({"eos_token_id": None}, {"eos_token_id": (3, 4)}, {3, 4}),
        ({"eos_token_id": []}, {"eos_token_id": 3}, {3}),
        ({}, {}, set()),
    ],
)
def test_end_tokens_come_from_the_generation_config_then_the_config(
    generation_config: dict[str, Any], config: dict[str, Any], tokens: set[int]
) -> None:
    assert end_token_ids(generation_config, config) == tokens

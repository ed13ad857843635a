"""Every parameter that shapes a greedy answer, against native ONNX Runtime with the same weights."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from tests.browser.generation.asking import Asker, talk
from tests.browser.generation.reference import Reference

TOKENS = 40
QUESTION = talk("Tell me something.", "What do you want to hear?", "Anything at all.", system="Be brief.")


@dataclass(frozen=True)
class Plain:
    """The answer without any parameter; parameters are made from what is in it."""

    prompt: list[int]
    tokens: list[int]


# What each parameter is set to, and how the answer ends.
CASES: dict[str, tuple[Callable[[Plain], dict[str, Any]], str]] = {
    "repetition_penalty": (lambda plain: {"repetition_penalty": 1.4}, "length"),
    "no_repeat_ngram_size": (lambda plain: {"no_repeat_ngram_size": 1}, "length"),
    "no_repeat_ngram_size of two": (lambda plain: {"no_repeat_ngram_size": 2, "repetition_penalty": 1.1}, "length"),
    "eos_token_id": (lambda plain: {"eos_token_id": plain.tokens[7]}, "stop"),
    "a list of eos_token_id": (lambda plain: {"eos_token_id": [plain.tokens[20], plain.tokens[11]]}, "stop"),
    "min_new_tokens": (lambda plain: {"eos_token_id": plain.tokens[7], "min_new_tokens": 30}, "length"),
    "min_length": (lambda plain: {"eos_token_id": plain.tokens[7], "min_length": len(plain.prompt) + 25}, "length"),
    "suppress_tokens": (lambda plain: {"suppress_tokens": plain.tokens[3:6]}, "length"),
    "begin_suppress_tokens": (lambda plain: {"begin_suppress_tokens": plain.tokens[:1]}, "length"),
    "bad_words_ids": (lambda plain: {"bad_words_ids": [plain.tokens[4:7], plain.tokens[10:11]]}, "length"),
    "bad_words_ids that begin in the prompt": (
        lambda plain: {"bad_words_ids": [[*plain.prompt[-2:], plain.tokens[0]]]},
        "length",
    ),
    "max_new_tokens": (lambda plain: {"max_new_tokens": 9}, "length"),
    "max_length": (lambda plain: {"max_length": len(plain.prompt) + 13}, "length"),
    "forced_bos_token_id": (lambda plain: {"forced_bos_token_id": plain.tokens[9]}, "length"),
    "forced_eos_token_id": (lambda plain: {"forced_eos_token_id": plain.tokens[2]}, "length"),
    "exponential_decay_length_penalty": (
        lambda plain: {"exponential_decay_length_penalty": [5, 4.0], "eos_token_id": 50},
        "stop",
    ),
    "temperature of 0": (
        lambda plain: {"do_sample": True, "temperature": 0, "suppress_tokens": plain.tokens[1:2]},
        "length",
    ),
    "all together": (
        lambda plain: {
            "repetition_penalty": 1.2,
            "no_repeat_ngram_size": 3,
            "bad_words_ids": [plain.tokens[:1]],
            "suppress_tokens": plain.tokens[5:7],
            "max_length": len(plain.prompt) + 30,
            "forced_bos_token_id": plain.tokens[9],
        },
        "length",
    ),
}


@pytest.fixture(scope="module")
def plain(reference: Reference) -> Plain:
    prompt = reference.prompt(QUESTION)
    return Plain(prompt, reference.greedy(prompt, max_new_tokens=TOKENS))


def test_a_plain_greedy_answer_is_the_reference_s_token_for_token(
    lively: Asker, reference: Reference, plain: Plain
) -> None:
    answer = lively.answer(QUESTION, max_new_tokens=TOKENS)

    assert answer["generatedText"] == reference.text(plain.tokens)
    assert answer["promptTokens"] == len(plain.prompt)
    assert (answer["numTokens"], answer["finishReason"]) == (TOKENS, "length")
    assert len(set(plain.tokens)) > TOKENS // 2, "an answer of always the same token would prove nothing"


@pytest.mark.parametrize("name", CASES)
def test_a_parameter_changes_a_greedy_answer_as_it_does_the_reference_s(
    lively: Asker, reference: Reference, plain: Plain, name: str
) -> None:
    make, reason = CASES[name]
    options = {"max_new_tokens": TOKENS} | make(plain)
    expected = reference.greedy(plain.prompt, **options)
    answer = lively.answer(QUESTION, **options)

    assert expected != plain.tokens, "a parameter that changes nothing would prove nothing"
    assert answer["generatedText"] == reference.text(expected)
    assert (answer["numTokens"], answer["finishReason"]) == (len(expected), reason)


@pytest.mark.parametrize("length", [1, 3, 9])
def test_an_answer_ends_before_a_stop_string_wherever_tokens_begin(
    lively: Asker, reference: Reference, plain: Plain, length: int
) -> None:
    text = reference.text(plain.tokens)
    for start in range(4, 22, 6):
        stop = text[start : start + length]
        expected = reference.greedy(plain.prompt, max_new_tokens=TOKENS, stop=[stop])
        answer = lively.answer(QUESTION, max_new_tokens=TOKENS, stop=["never said", stop])

        assert answer["generatedText"] == text[: text.index(stop)]
        assert (answer["numTokens"], answer["finishReason"]) == (len(expected), "stop_string")


def test_the_stop_string_that_ends_first_counts(lively: Asker, reference: Reference, plain: Plain) -> None:
    text = reference.text(plain.tokens)
    answer = lively.answer(QUESTION, max_new_tokens=TOKENS, stop=[text[10:30], text[12:18], text[25:28]])

    assert answer["generatedText"] == text[:12]


def test_a_prefix_stands_before_the_whole_prompt(lively: Asker, reference: Reference, plain: Plain) -> None:
    expected = reference.greedy([*reference.encode("Once. "), *plain.prompt], max_new_tokens=12)

    assert lively.text(QUESTION, max_new_tokens=12, prefix="Once. ") == reference.text(expected) != ""


def test_a_system_prompt_is_the_first_message(lively: Asker, reference: Reference) -> None:
    expected = reference.greedy(reference.prompt(talk("Hello", system="Be loud.")), max_new_tokens=12)

    assert lively.text("Hello", max_new_tokens=12, system_prompt="Be loud.") == reference.text(expected)
    assert lively.text("Hello", max_new_tokens=12) != reference.text(expected)


@pytest.mark.parametrize("options", [{"num_beams": 2}, {"penalty_alpha": 0.6}, {"guidance_scale": 2}])
def test_what_cannot_be_done_is_refused_with_the_reason(lively: Asker, options: dict[str, Any]) -> None:
    error = lively.refusal("Hello", **options)

    assert error["code"] == "unsupported_setting"
    assert error["details"]["field"] in options
    assert error["details"]["reason"] in error["message"]


def test_a_limit_of_time_ends_an_answer(lively: Asker) -> None:
    answer = lively.answer("Hello", max_new_tokens=4000, max_time=0.2)

    assert answer["finishReason"] == "time"
    assert 0 < answer["numTokens"] < 4000

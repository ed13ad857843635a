"""Guesses from where the last tokens stood before."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabagent.generation.lookup import FIRST_GUESS, FIRST_REST, LONGEST_REST, NGRAM, PromptLookup

TEXT = list(range(1, 30))


def test_what_followed_the_last_tokens_before_is_guessed() -> None:
    assert PromptLookup([*TEXT, 5, 6, 7], 8).guess() == [8, 9, 10]


def test_the_last_time_counts() -> None:
    assert PromptLookup([5, 6, 7, 1, 5, 6, 7, 2, 5, 6, 7], 8).guess()[0] == 2


def test_the_answers_own_tokens_count() -> None:
    lookup = PromptLookup([0], 8)
    for token in [5, 6, 7, 8, 5, 6, 7]:
        lookup.push(token)

    assert lookup.guess() == [8, 5, 6]


def test_the_last_time_in_the_answer_counts() -> None:
    lookup = PromptLookup([0], 8)
    for token in [5, 6, 7, 1, 5, 6, 7, 2, 5, 6, 7]:
        lookup.push(token)

    assert lookup.guess()[0] == 2


def test_tokens_that_were_never_in_this_order_are_no_guess() -> None:
    assert PromptLookup([*TEXT, 5, 7, 6], 8).guess() == []


def test_a_short_prompt_is_no_guess() -> None:
    assert PromptLookup([5, 5], 8).guess() == []


def test_without_any_tokens_allowed_there_is_no_guess() -> None:
    assert PromptLookup([*TEXT, 5, 6, 7], 0).guess() == []


def test_guesses_that_come_true_get_longer_up_to_the_most() -> None:
    lookup = PromptLookup([*TEXT, 1, 2, 3], 8)
    lengths = []
    for _ in range(4):
        lengths.append(len(lookup.guess()))
        lookup.learn(lengths[-1], lengths[-1])

    assert lengths == [FIRST_GUESS, 6, 8, 8]


def test_a_guess_that_is_partly_right_makes_the_next_one_as_long_as_it_was_right() -> None:
    lookup = PromptLookup([*TEXT, 1, 2, 3], 8)
    lookup.learn(3, 2)

    assert lookup.guess() == [4, 5]


def rest_after(lookup: PromptLookup, right: int) -> int:
    """Return how many tokens come without a guess after a guess of three of which some were right."""
    lookup.learn(3, right)
    rest = 0
    while not lookup.guess():
        lookup.push([1, 2, 3][rest % 3])
        rest += 1
    return rest


def test_wrong_guesses_are_followed_by_longer_and_longer_rests_up_to_the_longest() -> None:
    lookup = PromptLookup([1, 2, 3] * 9, 8)
    rests = [rest_after(lookup, 0) for _ in range(7)]

    assert rests[:3] == [FIRST_REST, 2 * FIRST_REST, 4 * FIRST_REST]
    assert rests[-2:] == [LONGEST_REST, LONGEST_REST]


@pytest.mark.parametrize("right", [1, 3])
def test_after_a_guess_that_was_right_at_its_start_the_rests_are_short_again(right: int) -> None:
    lookup = PromptLookup([1, 2, 3] * 9, 8)
    rests = [rest_after(lookup, each) for each in (0, 0, right, 0)]

    assert rests == [FIRST_REST, 2 * FIRST_REST, 0, FIRST_REST]


def test_a_guess_after_a_wrong_one_has_no_more_tokens_than_are_allowed() -> None:
    lookup = PromptLookup([1, 2, 3] * 9, 2)
    rest_after(lookup, 0)

    assert len(lookup.guess()) == 2


@given(st.lists(st.integers(0, 3), max_size=60), st.lists(st.integers(0, 3), max_size=60), st.integers(0, 8))
def test_a_guess_follows_an_earlier_place_where_the_same_tokens_stood(
    prompt: list[int], answer: list[int], most: int
) -> None:
    lookup = PromptLookup(prompt, most)
    for token in answer:
        lookup.push(token)
    whole, guess = [*prompt, *answer], lookup.guess()

    assert len(guess) <= most
    if guess:
        pattern = [*whole[-NGRAM:], *guess]
        assert any(whole[at : at + len(pattern)] == pattern for at in range(len(whole) - NGRAM))

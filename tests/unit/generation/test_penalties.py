"""What the history does to scores."""

from __future__ import annotations

import math
from array import array

import pytest

from tabagent.generation.penalties import LARGEST, Changes, Penalties
from tabagent.parameters import GenerationSettings

ENDS = frozenset({8, 9})


def penalties(prompt: list[int], **settings: object) -> Penalties:
    return Penalties(GenerationSettings(**settings), prompt, ENDS)  # type: ignore[arg-type]


def changed(changes: Changes, scores: list[float]) -> list[float]:
    values = array("f", scores)
    changes.apply(values)
    return values.tolist()


def test_default_settings_change_nothing() -> None:
    assert penalties([1, 2, 3]).changes.none


def test_a_seen_token_gets_worse_on_either_side_of_zero_and_only_once() -> None:
    changes = penalties([0, 0, 1], repetition_penalty=2.0).changes

    assert changed(changes, [4.0, -4.0, 4.0]) == [2.0, -8.0, 4.0]
    assert [changes.lowered(token, score) for token, score in enumerate([4.0, -4.0, 4.0])] == [2.0, -8.0, 4.0]


def test_a_penalty_below_one_makes_scores_better() -> None:
    assert penalties([0], repetition_penalty=2.0).changes.only_lower
    assert not penalties([0], repetition_penalty=0.5).changes.only_lower


@pytest.mark.parametrize(
    "settings",
    [
        {"repetition_penalty": 1.1},
        {"no_repeat_ngram_size": 1},
        {"bad_words_ids": ((0,),)},
        {"suppress_tokens": (0,)},
        {"begin_suppress_tokens": (0,)},
        {"forced_bos_token_id": 0},
        {"forced_eos_token_id": (0,)},
        {"min_length": 4},
        {"min_new_tokens": 1},
        {"exponential_decay_length_penalty": (0, 1.1)},
        {"remove_invalid_values": True},
    ],
    ids=lambda settings: next(iter(settings)),
)
def test_each_setting_does_something_by_itself(settings: dict[str, object]) -> None:
    assert not penalties([1, 2, 3], **settings).none
    assert penalties([1, 2, 3]).none


def test_tokens_of_the_answer_are_history() -> None:
    kept = penalties([0], repetition_penalty=2.0)
    kept.append(1)

    assert changed(kept.changes, [4.0, 4.0, 4.0]) == [2.0, 2.0, 4.0]


@pytest.mark.parametrize(("size", "banned"), [(1, {1, 2, 3}), (2, {2, 3}), (3, {3}), (4, set[int]()), (9, set[int]())])
def test_no_token_completes_an_n_gram_for_the_second_time(size: int, banned: set[int]) -> None:
    kept = penalties([1, 2, 1, 3, 2], no_repeat_ngram_size=size)
    kept.append(1)

    assert kept.changes.banned == banned


def test_bad_words_are_banned_at_their_last_token() -> None:
    kept = penalties([4, 1], bad_words_ids=((5,), (1, 2), (4, 1, 3), (7, 1, 6), (1, 1, 1, 0)))

    assert kept.changes.banned == {5, 2}  # a word longer than the history is not looked at
    kept.append(4)
    kept.append(1)
    assert kept.changes.banned == {5, 2, 3}


def test_an_end_token_alone_is_no_bad_word() -> None:
    assert penalties([], bad_words_ids=((8,), (5,))).changes.banned == {5}


@pytest.mark.parametrize("settings", [{"min_length": 4}, {"min_new_tokens": 2}], ids=["min_length", "min_new_tokens"])
def test_the_answer_does_not_end_too_early(settings: dict[str, int]) -> None:
    kept = penalties([1, 2], **settings)
    for _ in range(2):
        assert kept.changes.banned == ENDS
        kept.append(3)
    assert kept.changes.banned == frozenset()


def test_suppressed_tokens_never_come_and_others_not_at_the_begin() -> None:
    kept = penalties([1, 2], suppress_tokens=(3,), begin_suppress_tokens=(4,))

    assert kept.changes.suppressed == {3, 4}
    kept.append(0)
    assert kept.changes.suppressed == {3}


def test_after_a_forced_first_token_the_second_is_the_begin() -> None:
    kept = penalties([1, 2], forced_bos_token_id=0, begin_suppress_tokens=(4,))

    assert (kept.forced, kept.changes.suppressed) == ((0,), frozenset())
    kept.append(0)
    assert (kept.forced, kept.changes.suppressed) == ((), {4})


@pytest.mark.parametrize("limits", [{"max_new_tokens": 2}, {"max_length": 4}], ids=["new tokens", "all tokens"])
def test_the_end_is_forced_where_the_limit_leaves_one_token(limits: dict[str, int]) -> None:
    kept = penalties([1, 2], forced_eos_token_id=(8,), **limits)

    assert not kept.forced
    kept.append(3)
    assert list(kept.forced) == [8]


def test_ends_become_likelier_by_a_growing_part_of_their_score() -> None:
    kept = penalties([1, 2], exponential_decay_length_penalty=(1, 3.0))
    kept.append(0)
    assert kept.changes.none
    kept.append(0)
    kept.append(0)

    assert not kept.changes.only_lower
    assert changed(kept.changes, [1.0] * 8 + [2.0, -2.0]) == [1.0] * 8 + [18.0, 14.0]


def test_a_boost_beyond_all_numbers_is_the_largest_and_no_ban_ends() -> None:
    kept = penalties([], exponential_decay_length_penalty=(0, 1e300), min_new_tokens=5, max_new_tokens=9)
    kept.append(0)
    kept.append(0)
    banned = changed(kept.changes, [1.0] * 10)
    for _ in range(3):
        kept.append(0)

    assert banned[8:] == [-math.inf] * 2
    assert changed(kept.changes, [1.0] * 10)[8:] == [LARGEST] * 2


def test_values_that_are_no_numbers_are_replaced_after_bans_and_before_suppression() -> None:
    changes = Changes(clean=True, banned=frozenset({4}), suppressed=frozenset({3}))

    assert changed(changes, [math.nan, math.inf, -math.inf, 1.0, 1.0, 2.0]) == [
        0.0, LARGEST, -LARGEST, -math.inf, -LARGEST, 2.0,
    ]  # fmt: skip


def test_numbers_are_left_as_they_are() -> None:
    assert changed(Changes(clean=True), [1.0, -2.0]) == [1.0, -2.0]


def test_tokens_beyond_the_vocabulary_are_passed_over() -> None:
    changes = Changes(
        penalized={0, 7}, penalty=2.0, banned={1, 7}, suppressed={2, 7}, boosted=frozenset({7}), boost=1.0
    )

    assert changed(changes, [2.0, 2.0, 2.0]) == [1.0, -math.inf, -math.inf]

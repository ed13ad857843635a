"""The filters of sampling, one at a time, on probabilities that can be worked out by hand."""

from __future__ import annotations

import math

import pytest

from tabagent.generation.warpers import (
    Epsilon,
    Eta,
    MinP,
    TopK,
    TopP,
    Totals,
    Typical,
    Warper,
    exponentials,
    totals_of,
    warp,
    warpers_of,
)
from tabagent.parameters import GenerationSettings

CHANCES = [0.4, 0.3, 0.2, 0.06, 0.04]
SCORES = [math.log(chance) for chance in CHANCES]
ENTROPY = -sum(chance * math.log(chance) for chance in CHANCES)
TOTALS = Totals(0.0, ENTROPY)


@pytest.mark.parametrize(
    ("warper", "kept"),
    [
        pytest.param(TopK(2), (0, 2), id="top_k"),
        pytest.param(TopK(9), (0, 5), id="top_k of more than there are"),
        pytest.param(TopP(0.65), (0, 2), id="top_p within the second"),
        pytest.param(TopP(0.75), (0, 3), id="top_p within the third"),
        pytest.param(TopP(0.001), (0, 1), id="top_p keeps the best"),
        pytest.param(MinP(0.45), (0, 3), id="min_p"),
        pytest.param(MinP(1.0), (0, 1), id="min_p keeps the best"),
        pytest.param(Typical(0.25), (1, 2), id="typical_p can leave the best out"),
        pytest.param(Typical(0.45), (1, 3), id="typical_p goes on with the next nearest"),
        pytest.param(Typical(0.9), (0, 3), id="typical_p to both sides"),
        pytest.param(Epsilon(0.05), (0, 4), id="epsilon_cutoff"),
        pytest.param(Epsilon(0.9), (0, 1), id="epsilon_cutoff keeps the best"),
        pytest.param(Eta(0.05), (0, 4), id="eta_cutoff where epsilon is less"),
        pytest.param(Eta(0.5), (0, 3), id="eta_cutoff where the entropy is high"),
    ],
)
def test_a_filter_keeps(warper: Warper, kept: tuple[int, int]) -> None:
    assert warper.keep(SCORES, whole=True, totals=TOTALS) == kept


@pytest.mark.parametrize(
    ("warper", "seen"),
    [
        (TopK(3), 3),
        (TopP(0.65), 2),
        (MinP(0.45), 4),
        (Typical(0.25), 3),
        (Typical(0.45), 4),
        (Epsilon(0.05), 5),
        (Eta(0.5), 4),
    ],
    ids=["top_k", "top_p", "min_p", "typical_p", "typical_p below", "epsilon_cutoff", "eta_cutoff"],
)
def test_a_filter_decides_as_soon_as_the_best_tokens_are_enough(warper: Warper, seen: int) -> None:
    decided = [warper.keep(SCORES[:count], whole=False, totals=TOTALS) is not None for count in range(1, 6)]

    assert decided == [count >= seen for count in range(1, 6)]


@pytest.mark.parametrize(
    "warper", [TopK(1), MinP(1.0), Typical(0.1), Epsilon(0.9)], ids=["top_k", "min_p", "typical_p", "epsilon"]
)
def test_what_ties_with_the_last_one_kept_is_kept(warper: Warper) -> None:
    scores = [math.log(0.4)] * 2 + [math.log(0.2)]

    assert warper.keep(scores, whole=True, totals=totals_of(scores, 1)) == (0, 2)


def test_top_p_takes_no_more_than_the_mass_where_it_is_met_exactly() -> None:
    scores = [math.log(0.5)] * 2

    assert TopP(0.5).keep(scores, whole=True, totals=Totals(0.0, math.log(2))) == (0, 1)


def test_without_filters_the_best_tokens_are_not_enough() -> None:
    assert warp([], SCORES, whole=False, totals=None) is None
    assert warp([], SCORES, whole=True, totals=None) == (0, 5)


def test_filters_that_do_nothing_are_left_out_and_the_others_come_in_order() -> None:
    nothing = GenerationSettings(top_k=0, top_p=1.0)
    everything = GenerationSettings(top_k=3, top_p=0.5, min_p=0.1, typical_p=0.5, epsilon_cutoff=0.1, eta_cutoff=0.1)

    assert warpers_of(nothing) == []
    assert [type(warper) for warper in warpers_of(everything)] == [TopK, TopP, MinP, Typical, Epsilon, Eta]


def test_a_filter_works_on_what_the_one_before_it_left() -> None:
    # of the 0.7 that top_k leaves, the best has 0.57
    assert warp([TopK(2), TopP(0.55)], SCORES, whole=False, totals=None) == (0, 1)
    assert warp([TopP(0.55)], SCORES, whole=False, totals=TOTALS) == (0, 2)


def test_the_kept_part_is_counted_from_the_first_score() -> None:
    assert warp([Typical(0.45), TopK(1)], SCORES, whole=True, totals=TOTALS) == (1, 2)


@pytest.mark.parametrize("offset", [0.0, 5000.0, -5000.0])
@pytest.mark.parametrize("temperature", [1.0, 0.5, 0.001])
def test_totals_are_those_of_the_divided_scores(offset: float, temperature: float) -> None:
    raw = [(score + offset) * temperature for score in SCORES]

    totals = totals_of([*raw, -math.inf], temperature)

    assert totals.log_sum == pytest.approx(offset, abs=1e-8)
    assert totals.entropy == pytest.approx(ENTROPY, abs=1e-8)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_totals_of_scores_that_are_no_numbers_are_none(bad: float) -> None:
    assert math.isnan(totals_of([1.0, bad], 1.0).log_sum)


def test_exponentials_keep_their_ratios_at_any_size() -> None:
    for peak in (3.0, 4000.0):
        first, second = exponentials([peak, peak - 1], peak, 0.5)

        assert first / second == pytest.approx(math.exp(2))

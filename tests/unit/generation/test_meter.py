"""Counting and timing of tokens."""

from __future__ import annotations

import pytest

from tabagent.generation.meter import TokenMeter
from tests.unit.conftest import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_before_the_first_token_there_are_no_figures(clock: Clock) -> None:
    meter = TokenMeter(clock.now)
    clock.advance(1)
    meter.count(0)

    assert (meter.tokens, meter.time_to_first_token, meter.tokens_per_second) == (0, 0, 0)


def test_the_first_token_is_timed_from_the_request_in_milliseconds(clock: Clock) -> None:
    meter = TokenMeter(clock.now)
    clock.advance(0.25)
    meter.count(1)
    clock.advance(5)
    meter.count(2)

    assert meter.time_to_first_token == 250


def test_speed_is_of_the_tokens_after_the_first(clock: Clock) -> None:
    meter = TokenMeter(clock.now)
    clock.advance(10)
    meter.count(1)
    assert meter.tokens_per_second == 0

    clock.advance(0.5)
    meter.count(6)
    assert meter.tokens_per_second == 10


def test_the_prompts_speed_is_from_its_begin_to_the_first_token(clock: Clock) -> None:
    meter = TokenMeter(clock.now)
    clock.advance(5)
    assert meter.prefill_per_second == 0
    meter.begin_prefill()
    assert meter.prefill_per_second == 0
    clock.advance(1)
    meter.prefill(10)
    assert meter.prefill_per_second == 10
    clock.advance(3)
    meter.prefill(10)
    meter.count(1)
    clock.advance(9)
    meter.count(2)

    assert meter.prefill_per_second == 5


def test_the_time_goes_on_between_tokens(clock: Clock) -> None:
    meter = TokenMeter(clock.now)
    clock.advance(1)
    meter.count(1)
    clock.advance(2)

    assert meter.elapsed == 3


def test_tokens_in_no_time_have_no_speed(clock: Clock) -> None:
    meter = TokenMeter(clock.now)
    meter.count(1)
    meter.count(5)

    assert (meter.tokens, meter.tokens_per_second) == (5, 0)

"""How prompts are cut, and how much of a cache serves the next one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabagent.generation.prefill import FEWEST_TOKENS, MOST_TOKENS, PieceSizer, reusable


class Machine:
    """Takes the same time for every token."""

    def __init__(self, tokens_per_second: float) -> None:
        self.seconds = 0.0
        self.tokens_per_second = tokens_per_second

    def now(self) -> float:
        return self.seconds

    def read(self, tokens: int, *, start: int = 0, dynamic: bool = False, sizer: PieceSizer | None = None) -> list[int]:
        """Compute a prompt and return the sizes of its pieces."""
        sizes = []
        for piece in (sizer or PieceSizer(self.now)).pieces(start, tokens, dynamic_quantization=dynamic):
            sizes.append(len(piece))
            self.seconds += len(piece) / self.tokens_per_second
        return sizes


def test_dynamic_quantization_takes_the_first_token_alone_and_then_pieces_of_one_size() -> None:
    assert Machine(1e9).read(100, dynamic=True) == [1, 32, 32, 32, 3]


def test_dynamic_quantization_goes_on_with_whole_pieces_after_a_cache() -> None:
    assert Machine(1e9).read(100, start=65, dynamic=True) == [32, 3]


def test_a_slow_machine_gets_the_smallest_pieces() -> None:
    assert Machine(80).read(3 * FEWEST_TOKENS) == [FEWEST_TOKENS] * 3


def test_pieces_grow_until_they_take_a_tenth_of_a_second() -> None:
    sizes = Machine(2048).read(2000)

    assert sizes[:4] == [32, 64, 128, 204]
    assert set(sizes[3:-1]) == {204}


def test_pieces_have_a_largest_size() -> None:
    assert max(Machine(1e9).read(5000)) == MOST_TOKENS


def test_pieces_shrink_again_when_the_machine_gets_slower() -> None:
    machine = Machine(1e9)
    sizer = PieceSizer(machine.now)
    machine.read(3000, sizer=sizer)
    machine.tokens_per_second = 1000

    assert machine.read(3000, sizer=sizer)[:2] == [MOST_TOKENS, 100]


def test_no_piece_of_a_longer_prompt_has_one_token_alone() -> None:
    assert Machine(80).read(2 * FEWEST_TOKENS + 1) == [FEWEST_TOKENS, FEWEST_TOKENS + 1]
    assert Machine(80).read(2 * FEWEST_TOKENS + 2) == [FEWEST_TOKENS, FEWEST_TOKENS, 2]
    assert Machine(80).read(1) == [1]


def test_a_short_prompt_teaches_nothing() -> None:
    machine = Machine(1e9)
    sizer = PieceSizer(machine.now)
    machine.read(5, sizer=sizer)

    assert machine.read(100, sizer=sizer)[0] == FEWEST_TOKENS


@given(st.integers(0, 300), st.integers(0, 2000), st.booleans(), st.floats(1, 1e6))
def test_pieces_cover_the_prompt_once(start: int, tokens: int, dynamic: bool, speed: float) -> None:
    machine = Machine(speed)
    covered = [
        index
        for piece in PieceSizer(machine.now).pieces(start, tokens, dynamic_quantization=dynamic)
        for index in piece
    ]

    assert covered == list(range(start, tokens))


@pytest.mark.parametrize(
    ("common", "prompt", "dynamic", "kept"),
    [
        (0, 10, False, 0),
        (5, 10, False, 5),
        (10, 10, False, 8),
        (40, 10, False, 8),
        (1, 1, False, 0),
        (0, 10, True, 0),
        (1, 10, True, 1),
        (32, 100, True, 1),
        (33, 100, True, 33),
        (100, 100, True, 97),
        (97, 97, True, 65),
    ],
)
def test_what_is_reused_ends_where_a_piece_ends_and_before_the_last_tokens(
    common: int, prompt: int, dynamic: bool, kept: int
) -> None:
    assert reusable(common, prompt, dynamic_quantization=dynamic) == kept

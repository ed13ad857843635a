"""How a prompt is cut into pieces."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabagent.generation.prefill import PIECE_TOKENS, PIECE_TOKENS_DYNAMIC, pieces


@given(st.integers(1, 5000), st.booleans())
def test_the_pieces_cover_all_but_the_last_token_once_and_in_order(tokens: int, dynamic: bool) -> None:
    covered = [index for piece in pieces(tokens, dynamic_quantization=dynamic) for index in piece]

    assert covered == list(range(tokens - 1))


@given(st.integers(1, 5000), st.booleans())
def test_no_piece_is_empty_or_too_long(tokens: int, dynamic: bool) -> None:
    limit = PIECE_TOKENS_DYNAMIC if dynamic else PIECE_TOKENS

    assert all(0 < len(piece) <= limit for piece in pieces(tokens, dynamic_quantization=dynamic))


@given(st.integers(2, 5000))
def test_the_first_token_is_alone_where_its_scale_would_spoil_the_others(tokens: int) -> None:
    assert pieces(tokens, dynamic_quantization=True)[0] == range(1)


@pytest.mark.parametrize(
    ("tokens", "dynamic", "sizes"),
    [
        (1, True, []),
        (1, False, []),
        (2, True, [1]),
        (2, False, [1]),
        (34, True, [1, 32]),
        (35, True, [1, 32, 1]),
        (129, False, [128]),
        (130, False, [128, 1]),
    ],
)
def test_pieces_have_these_sizes(tokens: int, *, dynamic: bool, sizes: list[int]) -> None:
    assert [len(piece) for piece in pieces(tokens, dynamic_quantization=dynamic)] == sizes

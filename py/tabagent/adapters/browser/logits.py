"""`Logits` on a tensor of transformers.js."""

from __future__ import annotations

from array import array
from typing import Any

from tabagent.adapters.browser.ffi import JsProxy, js_json


class JsLogits:
    """One row of a model's scores; they stay in JavaScript until somebody reads them.

    Args:
        js_module: transformers.js.
        js_tensor: float32 of shape [1, rows, vocabulary], on the CPU.
        back: Which row, counted from the last one back.
    """

    def __init__(self, js_module: Any, js_tensor: JsProxy, back: int = 0) -> None:
        self._js_module = js_module
        size = int(js_tensor.dims.at(-1))
        if js_tensor.data.length > size:
            end = int(js_tensor.data.length) - back * size
            js_row = js_tensor.data.subarray(end - size, end)
            js_tensor = js_module.Tensor.new("float32", js_row, js_json([1, 1, size]))
        self._js_tensor, self._size = js_tensor, size

    def read(self) -> array[float]:
        """Copy the scores into Python."""
        scores = array("f")
        scores.frombytes(self._js_tensor.data.to_bytes())
        return scores

    def write(self, scores: array[float]) -> None:
        """Put other scores in their place."""
        self._js_tensor.data.assign(scores)

    def argmax(self) -> int:
        """Return the best token."""
        return int(self._js_tensor.argmax().item())

    async def top(self, count: int) -> tuple[list[int], list[float]]:
        """Return the best tokens and their scores."""
        js_values, js_indices = await self._js_module.topk(self._js_tensor, min(count, self._size))
        tokens = array("q", js_indices.data.to_bytes()).tolist()
        return tokens, array("f", js_values.data.to_bytes()).tolist()

"""`KvCache` on transformers.js's `DynamicCache`."""

from __future__ import annotations

from typing import Any

import js

from tabagent.adapters.browser.ffi import JsProxy, js_json, js_object, plain_json

# Entries that hold one row for each token, [batch, heads, tokens, width]; hybrid models have others besides, which
# sum up all tokens so far and cannot be cut.
ROWS = "past_key_values."


class DynamicKvCache:
    """Keys and values as tensors in JavaScript or on the graphics device.

    Args:
        js_module: transformers.js.
        js_model: Knows which outputs become which entries.
    """

    def __init__(self, js_module: Any, js_model: JsProxy) -> None:
        self._js_module, self._js_model = js_module, js_model
        self.js_cache: Any = js_module.DynamicCache.new()
        # Only the shape of the arguments matters to `_update_model_kwargs_for_generation`: what is not about the cache
        # is thrown away. As for an encoder-decoder, because then no attention mask is made.
        self._js_update = js_object(
            {
                "generated_input_ids": js_json([[0]]),
                "model_inputs": js_object({"past_key_values": self.js_cache}),
                "is_encoder_decoder": True,
            }
        )
        self._length = 0
        self._token_bytes = 0

    @property
    def length(self) -> int:
        """Tokens in it."""
        return self._length

    @property
    def size(self) -> int:
        """Bytes, from those of the first pass."""
        return self._length * self._token_bytes

    @property
    def cuts_freely(self) -> bool:
        """A cut copies what is kept."""
        return False

    def take(self, js_outputs: JsProxy, tokens: int) -> None:
        """Make a pass's outputs the cache; they have `tokens` tokens more."""
        self._js_update.outputs = js_outputs
        self._js_model._update_model_kwargs_for_generation(self._js_update)
        self._js_update.outputs = None
        self._length += tokens
        if not self._token_bytes:
            self._token_bytes = self._bytes() // self._length

    async def crop(self, length: int) -> int:
        """Copy the rows that are kept; those on a graphics device go back there with the next pass."""
        if length >= self._length:
            return self._length
        names = list(js.Object.keys(self.js_cache))
        if length <= 0 or not all(self._can_cut(name) for name in names):
            await self.release()
            return 0
        js_kept = js.Object.new()
        for name in names:
            setattr(js_kept, name, await self._cut(getattr(self.js_cache, name), length))
        self.js_cache.update(js_kept)
        self._length = length
        return length

    async def release(self) -> None:
        """Dispose the tensors on a graphics device and forget the others."""
        await self.js_cache.dispose()
        for name in list(js.Object.keys(self.js_cache)):
            delattr(self.js_cache, name)
        self._length = 0

    def _can_cut(self, name: str) -> bool:
        js_dims = getattr(self.js_cache, name).dims
        return name.startswith(ROWS) and int(js_dims.length) == 4 and int(js_dims[2]) == self._length

    async def _cut(self, js_tensor: Any, length: int) -> Any:
        batch, heads, tokens, width = plain_json(js_tensor.dims)
        js_data = await js_tensor.ort_tensor.getData()
        js_kept = js_data.constructor.new(batch * heads * length * width)
        for row in range(batch * heads):
            start = row * tokens * width
            js_kept.set(js_data.subarray(start, start + length * width), row * length * width)
        return self._js_module.Tensor.new(js_tensor.type, js_kept, js_json([batch, heads, length, width]))

    def _bytes(self) -> int:
        total = 0
        for name in js.Object.keys(self.js_cache):
            js_tensor = getattr(self.js_cache, name)
            total += int(js_tensor.size) * (2 if js_tensor.type == "float16" else 4)
        return total

"""`KvCache` in ONNX Runtime's own memory, for models on the CPU.

The JavaScript API copies every key and value into WebAssembly memory before a pass and out again after it, and the
operator copies them once more to make room for one token: for SmolLM2-135M 46 kB for each token of the context, three
times a token. GroupQueryAttention does without when past and present are the same buffer with room for more
(`past_present_share_buffer` in onnxruntime/contrib_ops/cpu/bert/gqa_attention_base.h): then it writes the new rows in
place. So the buffers are made here, the session is run by ONNX Runtime's C functions (`onnxruntime/wasm/api.h`), and to
cut a cache is to count fewer tokens.

Whether a model's graph allows that cannot be read from its metadata; `ResidentRunner.agrees` tries it.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from operator import sub
from typing import Any

import js

from tabagent.adapters.browser.logits import JsLogits

# Values of ONNX Runtime's enumerations: ONNXTensorElementDataType, and DataLocation of lib/wasm/wasm-common.ts.
FLOAT, INT64, CPU = 1, 7, 1
POINTER = 4
# Addresses over 2 GiB may come as negative numbers.
ADDRESSES = 0xFFFF_FFFF
INT64_BYTES = 8
FLOAT_BYTES = 4
FIRST_CAPACITY = 256
# Of the span of the scores: rounding in another order changes less, a graph that reads the buffers wrongly more.
DIFFERENCE = 0.02
PAST, PRESENT = "past_key_values.", "present."
OTHER_INPUTS = frozenset({"input_ids", "attention_mask", "position_ids", "num_logits_to_keep"})


class OrtError(RuntimeError):
    """A C function of ONNX Runtime failed; the message is its own."""


class ResidentKvCache:
    """Buffers with room for more tokens than are in them.

    Args:
        runner: Owns the memory.
    """

    def __init__(self, runner: ResidentRunner) -> None:
        self._runner = runner
        self._length = self.capacity = 0
        self._buffers: list[int] = []
        self.tensors: list[int] = []

    @property
    def length(self) -> int:
        """Tokens in it."""
        return self._length

    @property
    def size(self) -> int:
        """Bytes of the buffers."""
        return self.capacity * self._runner.token_bytes

    @property
    def cuts_freely(self) -> bool:
        """A cut changes a number."""
        return True

    def grow(self, tokens: int) -> None:
        """Count tokens that a pass has written."""
        self._length += tokens

    async def crop(self, length: int) -> int:
        """Count fewer tokens; the others are written over."""
        self._length = min(self._length, max(0, length))
        return self._length

    async def release(self) -> None:
        """Free the buffers."""
        self._free()
        self._length = self.capacity = 0

    def reserve(self, tokens: int) -> None:
        """Make room for so many tokens in all."""
        if tokens <= self.capacity:
            return
        runner, old, before = self._runner, list(self._buffers), self.capacity
        capacity = max(tokens, FIRST_CAPACITY, 2 * before)
        buffers = [runner.allocate(capacity * runner.row_bytes * runner.heads) for _ in range(runner.entries)]
        heap = runner.js_ort.HEAPU8
        used, row = self._length * runner.row_bytes, runner.row_bytes
        for source, target in zip(old, buffers, strict=False):
            for head in range(runner.heads):
                start = source + head * before * row
                heap.copyWithin(target + head * capacity * row, start, start + used)
        self._free()
        self._buffers, self.capacity = buffers, capacity
        dims = [1, runner.heads, capacity, runner.width]
        self.tensors = [runner.tensor(FLOAT, buffer, capacity * row * runner.heads, dims) for buffer in self._buffers]

    def _free(self) -> None:
        for tensor in self.tensors:
            self._runner.js_ort._OrtReleaseTensor(tensor)
        for buffer in self._buffers:
            self._runner.js_ort._free(buffer)
        self._buffers, self.tensors = [], []


class ResidentRunner:
    """Runs one session over resident caches.

    Args:
        js_module: transformers.js.
        js_ort: ONNX Runtime's WebAssembly module.
        js_session: The decoder.
        first_position: Position of a text's first token.

    Raises:
        OrtError: The session has inputs that are not known here.
    """

    def __init__(self, js_module: Any, js_ort: Any, js_session: Any, first_position: int) -> None:
        self.js_ort, self._js_module, self._first_position = js_ort, js_module, first_position
        self._session = int(js_session.handler.sessionId)
        self._inputs = [str(name) for name in js_session.inputNames]
        self._past = [name for name in self._inputs if name.startswith(PAST)]
        others = set(self._inputs) - set(self._past)
        self._outputs = ["logits", *(name.replace(PAST, PRESENT, 1) for name in self._past)]
        if not self._past or not others <= OTHER_INPUTS or not set(self._outputs) <= set(js_session.outputNames):
            raise OrtError(f"the graph has inputs {sorted(others)} and cannot be run this way")
        self.entries, (self.heads, self.width) = len(self._past), self._shape(js_session)
        self.row_bytes = self.width * FLOAT_BYTES
        self.token_bytes = self.entries * self.heads * self.row_bytes
        self._input_names, self._output_names = self._names(self._inputs), self._names(self._outputs)
        self._input_values = self.allocate(POINTER * len(self._inputs))
        self._output_values = self.allocate(POINTER * len(self._outputs))
        self._scratch = self.allocate(16 * POINTER)
        self._ids = self._ones = self._positions = 0
        self._ids_room = self._positions_room = 0
        self._single = self.allocate(INT64_BYTES)
        self._single_tensor = self.tensor(INT64, self._single, INT64_BYTES, [1, 1])
        self._rows = self.allocate(INT64_BYTES)
        self._rows_tensor = self.tensor(INT64, self._rows, INT64_BYTES, [])
        self._logits = self._vocabulary = 0

    def new_cache(self) -> ResidentKvCache:
        """Return an empty cache; its buffers are made when they are needed."""
        return ResidentKvCache(self)

    async def forward(self, cache: ResidentKvCache, token_ids: Sequence[int], rows: int = 1) -> Any:
        """Compute tokens into a cache.

        Args:
            cache: Holds all tokens before these.
            token_ids: One or more.
            rows: How many tokens' scores are wanted, from the last one back; some graphs give all of them.

        Returns:
            The scores as a view of ONNX Runtime's memory, [1, rows, vocabulary]; valid until the next pass.

        Raises:
            OrtError: The pass failed.
        """
        count, past = len(token_ids), cache.length
        cache.reserve(past + count)
        self._make_room(count, past + count)
        made = {"attention_mask": self.tensor(INT64, self._ones, INT64_BYTES * (past + count), [1, past + count])}
        if count > 1:
            self._write(self._ids, array("q", token_ids))
            made["input_ids"] = self.tensor(INT64, self._ids, INT64_BYTES * count, [1, count])
        if "position_ids" in self._inputs:
            start = self._positions + INT64_BYTES * past
            made["position_ids"] = self.tensor(INT64, start, INT64_BYTES * count, [1, count])
        self._write(self._rows, array("q", [rows]))
        given = made | {"num_logits_to_keep": self._rows_tensor} | dict(zip(self._past, cache.tensors, strict=True))
        if count == 1:
            self._write(self._single, array("q", token_ids))
            given["input_ids"] = self._single_tensor
        self._write(self._input_values, array("I", [given[name] for name in self._inputs]))
        self._write(self._output_values, array("I", [0, *cache.tensors]))
        try:
            self._run()
        finally:
            for tensor in made.values():
                self.js_ort._OrtReleaseTensor(tensor)
        cache.grow(count)
        return self._scores(count)

    async def agrees(self, cache: ResidentKvCache, expected: Sequence[tuple[Sequence[int], array[float]]]) -> bool:
        """Tell whether passes over resident buffers give the scores that they should.

        Args:
            cache: An empty one.
            expected: Passes: the tokens to give, and the scores after them.
        """
        try:
            for token_ids, usual in expected:
                scores = JsLogits(self._js_module, await self.forward(cache, token_ids)).read()
                span = max(usual) - min(usual)
                if max(map(abs, map(sub, usual, scores))) > DIFFERENCE * span:
                    return False
        except OrtError:
            return False
        return True

    def allocate(self, size: int) -> int:
        """Return so many bytes of ONNX Runtime's memory.

        Raises:
            OrtError: There are none left.
        """
        address = int(self.js_ort._malloc(size)) & ADDRESSES
        if not address:
            raise OrtError(f"failed to allocate {size:,} bytes for the KV cache")
        return address

    def tensor(self, kind: int, address: int, size: int, dims: Sequence[int]) -> int:
        """Return a tensor over memory that is there already."""
        self._write(self._scratch, array("i", dims))
        tensor = int(self.js_ort._OrtCreateTensor(kind, address, size, self._scratch, len(dims), CPU)) & ADDRESSES
        if not tensor:
            raise OrtError(self._last_error())
        return tensor

    def _run(self) -> None:
        if self._logits:
            self.js_ort._OrtReleaseTensor(self._logits)
            self._logits = 0
        code = self.js_ort.runOnCpu(
            *(self._session, self._input_names, self._input_values, len(self._inputs)),
            *(self._output_names, len(self._outputs), self._output_values, 0),
        )
        if code:
            raise OrtError(self._last_error())
        self._logits = self._pointer(self._output_values)

    def _scores(self, tokens: int) -> Any:
        ort, scratch = self.js_ort, self._scratch
        if ort._OrtGetTensorData(self._logits, scratch, scratch + 4, scratch + 8, scratch + 12):
            raise OrtError(self._last_error())
        data, dims = self._pointer(scratch + 4), self._pointer(scratch + 8)
        rows = 1
        if tokens > 1 or not self._vocabulary:
            # [1, rows, vocabulary]; a pass of one token always gives one row.
            rows, self._vocabulary = (int(ort.getValue(dims + POINTER * axis, "i32")) for axis in (1, 2))
        ort._OrtFree(dims)
        js_view = js.Float32Array.new(ort.HEAPU8.buffer, data, rows * self._vocabulary)
        return self._js_module.Tensor.new("float32", js_view, js.Array.of(1, rows, self._vocabulary))

    def _make_room(self, ids: int, positions: int) -> None:
        if ids > self._ids_room:
            self.js_ort._free(self._ids)
            self._ids_room = max(64, 2 * ids)
            self._ids = self.allocate(INT64_BYTES * self._ids_room)
        if positions > self._positions_room:
            self.js_ort._free(self._ones)
            self.js_ort._free(self._positions)
            room = self._positions_room = max(1024, 2 * positions)
            self._ones, self._positions = self.allocate(INT64_BYTES * room), self.allocate(INT64_BYTES * room)
            self._write(self._ones, array("q", [1] * room))
            self._write(self._positions, array("q", range(self._first_position, self._first_position + room)))

    def _names(self, names: Sequence[str]) -> int:
        addresses = []
        for name in names:
            text = array("b", name.encode() + b"\0")
            addresses.append(self.allocate(len(text)))
            self._write(addresses[-1], text)
        table = self.allocate(POINTER * len(names))
        self._write(table, array("I", addresses))
        return table

    def _shape(self, js_session: Any) -> tuple[int, int]:
        """Return heads and width of the cache's entries, which must all be alike."""
        shapes = set()
        for js_input in js_session.inputMetadata:
            if js_input.name in self._past:
                if js_input.type != "float32":
                    raise OrtError(f"the cache's entries are {js_input.type}")
                shapes.add((js_input.shape[1], js_input.shape[3]))
        if len(shapes) != 1 or not all(isinstance(size, int) for size in next(iter(shapes))):
            raise OrtError(f"the cache's entries have the shapes {shapes}")
        heads, width = shapes.pop()
        return int(heads), int(width)

    def _write(self, address: int, values: array[Any]) -> None:
        size = len(values) * values.itemsize
        if size:
            self.js_ort.HEAPU8.subarray(address, address + size).assign(memoryview(values).cast("B"))

    def _last_error(self) -> str:
        ort, scratch = self.js_ort, self._scratch
        ort._OrtGetLastError(scratch, scratch + POINTER)
        return str(ort.UTF8ToString(self._pointer(scratch + POINTER)))

    def _pointer(self, address: int) -> int:
        return int(self.js_ort.getValue(address, "*")) & ADDRESSES

"""The few ways in which Python objects cross to JavaScript and back, and who frees them.

Functions handed to JavaScript become proxies that only a garbage collector across two heaps could free, and often does
not (pyodide#3914). So each is owned by a `with` block, or lives as long as the thread.
"""

from __future__ import annotations

import asyncio
import json
from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import js
from pyodide.ffi import JsException, JsProxy, create_proxy, to_js

from tabagent.adapters.browser.under_way import under_way
from tabagent.models.chunks import CHUNK_BYTES

# Blocks for chunks are used again and again. Fewer than this lie idle: what all connections fill, and the reader.
BLOCK_BYTES = CHUNK_BYTES
MOST_IDLE_BLOCKS = 6
_idle_blocks: list[Any] = []


def js_block(size: int) -> Any:
    """Return a `Uint8Array` of `size` bytes with any content, in memory that was used before where there is some."""
    if not BLOCK_BYTES // 8 < size <= BLOCK_BYTES:
        return js.Uint8Array.new(size)
    js_buffer = _idle_blocks.pop() if _idle_blocks else js.ArrayBuffer.new(BLOCK_BYTES)
    return js.Uint8Array.new(js_buffer, 0, size)


class JsBytes:
    """A JavaScript `Uint8Array` held by reference: the browser's `ByteBuffer`."""

    def __init__(self, js_array: JsProxy) -> None:
        self.js_array = js_array

    @property
    def size(self) -> int:
        """Number of bytes."""
        return int(self.js_array.byteLength)

    def to_bytes(self) -> bytes:
        """Copy the bytes into Python."""
        return bytes(self.js_array.to_bytes())

    def release(self) -> None:
        """Keep the memory for the next block."""
        js_buffer = self.js_array.buffer
        if js_buffer.byteLength == BLOCK_BYTES and len(_idle_blocks) < MOST_IDLE_BLOCKS:
            _idle_blocks.append(js_buffer)
        del self.js_array


def js_bytes(data: bytes) -> JsBytes:
    """Copy Python bytes into a JavaScript array."""
    return JsBytes(to_js(data))


def owned_array(data: JsBytes) -> Any:
    """Return the array, or a copy when it is a part of a larger buffer: cloning a part would clone the whole."""
    js_array = data.js_array
    return js_array if js_array.byteLength == js_array.buffer.byteLength else js_array.slice()


def js_object(values: Mapping[str, Any]) -> Any:
    """Return a JavaScript object with these properties; JavaScript values keep their identity."""
    return js.Object.fromEntries(to_js([[name, value] for name, value in values.items()]))


def js_json(value: object) -> Any:
    """Return plain data as JavaScript objects and arrays."""
    return to_js(value, dict_converter=js.Object.fromEntries)


def plain_json(js_value: Any) -> Any:
    """Return a JavaScript object's data, instances of classes included, which `to_py` leaves as they are."""
    return json.loads(js.JSON.stringify(js_value))


def int64_array(values: Sequence[int]) -> Any:
    """Return a `BigInt64Array`, the type of token ids."""
    js_array = js.BigInt64Array.new(len(values))
    js_array.assign(array("q", values))
    return js_array


@contextmanager
def owned_proxies(*functions: Callable[..., object]) -> Iterator[list[JsProxy]]:
    """Hand functions to JavaScript for the length of a block."""
    proxies = [create_proxy(function) for function in functions]
    try:
        yield proxies
    finally:
        for proxy in proxies:
            proxy.destroy()


async def settled(js_target: JsProxy, success: str, failures: Sequence[str]) -> None:
    """Wait for one of an event target's events.

    Raises:
        JsException: The target's `error`, when one of `failures` came.
    """
    future: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def succeed(js_event: JsProxy) -> None:
        if not future.done():
            future.set_result(None)

    def fail(js_event: JsProxy) -> None:
        if not future.done():
            future.set_exception(as_exception(js_target.error))

    with owned_proxies(succeed, fail) as (js_succeed, js_fail):
        js_target.addEventListener(success, js_succeed)
        for name in failures:
            js_target.addEventListener(name, js_fail)
        try:
            with under_way():
                await future
        finally:
            js_target.removeEventListener(success, js_succeed)
            for name in failures:
                js_target.removeEventListener(name, js_fail)


def as_exception(js_error: Any) -> BaseException:
    """Return a JavaScript error as a Python exception."""
    if isinstance(js_error, BaseException):
        return js_error
    return RuntimeError(str(js_error) if js_error else "the operation was aborted")


def describe(error: BaseException) -> str:
    """Return the first line of a JavaScript or Python error, without its stack, at most 300 characters."""
    text = str(error).strip().splitlines()
    line = text[0] if text else type(error).__name__
    return line.rstrip(".")[:300]


__all__ = [
    "JsBytes",
    "JsException",
    "JsProxy",
    "as_exception",
    "describe",
    "int64_array",
    "js_block",
    "js_bytes",
    "js_json",
    "js_object",
    "owned_array",
    "owned_proxies",
    "plain_json",
    "settled",
]

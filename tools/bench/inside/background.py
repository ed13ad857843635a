"""Entry of the runtime's thread: the background as it ships, with the changes that a benchmark names.

Started by `tools.bench.session.Session.thread` in place of `tabagent.main`. Nothing is imported before a change is
made, because the module is read on the host as well.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable, Iterator
from typing import Any

from tools.bench.inside.constant_engine import ConstantEngine


async def start(js_host: Any) -> Callable[[int, str, str, str, str], None]:
    """Make the changes and start the background.

    Args:
        js_host: As of `tabagent.main.start`; its configuration has `changes`, names in `CHANGES`.
    """
    for name in json.loads(js_host.config())["changes"]:
        CHANGES[name]()
    from tabagent import main

    return await main.start(js_host)


def copied_caches() -> None:
    """Keep key/value caches in JavaScript: every token copies them in and out, as transformers.js does."""

    async def nothing(engine: Any) -> None:
        pass

    _engine()._try_resident = nothing


def whole_prompts() -> None:
    """Read every prompt in one pass."""
    prefill: Any = importlib.import_module("tabagent.generation.prefill")

    def one_piece(sizer: Any, start: int, end: int, *, dynamic_quantization: bool) -> Iterator[range]:
        yield range(start, end)

    prefill.PieceSizer.pieces = one_piece


def one_thread() -> None:
    """Compute on one core."""
    devices: Any = importlib.import_module("tabagent.adapters.browser.devices")
    devices.MOST_THREADS = 1


def timed_engine() -> None:
    """Note how long each run of ONNX Runtime's C function takes, in `bench.takeRuns()` of this thread."""
    kind = _engine()
    settle = kind._settle

    async def settle_and_time(engine: Any, spec: Any) -> None:
        await settle(engine, spec)
        _javascript().bench.timeRuns(engine._js_ort)

    kind._settle = settle_and_time


def constant_engine() -> None:
    """Replace the engine by one that takes the same time for every pass; `bench.takeRuns()` as above.

    It computes in one call and lets messages in as `TransformersJsEngine` does on the CPU.
    """
    main: Any = importlib.import_module("tabagent.main")
    kind: Any = importlib.import_module("tabagent.adapters.browser.message_gap").MessageGap

    def engine(js_host: Any, cache: object) -> ConstantEngine:
        gap, js_compute = kind(js_host), _javascript().bench.compute

        async def compute(milliseconds: float) -> None:
            await gap.let_messages_in()
            js_compute(milliseconds)

        return ConstantEngine(compute)

    main.TransformersJsEngine = engine


def counted_proxies() -> None:
    """Let JavaScript count the proxies of Python objects: `bench.pyodide` is Pyodide."""
    _javascript().bench.pyodide = importlib.import_module("pyodide_js")


def _engine() -> Any:
    return importlib.import_module("tabagent.adapters.browser.transformers_js").TransformersJsEngine


def _javascript() -> Any:
    return importlib.import_module("js")


CHANGES: dict[str, Callable[[], None]] = {
    "copied_caches": copied_caches,
    "whole_prompts": whole_prompts,
    "one_thread": one_thread,
    "timed_engine": timed_engine,
    "constant_engine": constant_engine,
    "counted_proxies": counted_proxies,
}

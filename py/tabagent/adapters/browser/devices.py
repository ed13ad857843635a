"""Finds out what this machine computes with, by really asking for a WebGPU adapter."""

from __future__ import annotations

from typing import Any

import js
from pyodide.ffi import JsException

from tabagent.adapters.browser.ffi import js_json
from tabagent.specs import DeviceReport

# Beyond eight threads the small matrices of a decode step get slower, not faster.
MOST_THREADS = 8
# Above this, half of the logical cores are second threads of a core that is busy already.
ALL_CORES_UP_TO = 4
GIB = 1 << 30


async def probe_devices() -> DeviceReport:
    """Return the devices of this realm."""
    js_adapter = await _request_adapter()
    info = getattr(js_adapter, "info", None) if js_adapter else None
    return DeviceReport(
        webgpu=bool(js_adapter),
        f16=bool(js_adapter) and bool(js_adapter.features.has("shader-f16")),
        threads=_threads(),
        adapter=f"{info.vendor} {info.architecture}".strip() if info else "",
        memory=int(getattr(js.navigator, "deviceMemory", 0) * GIB),
    )


async def _request_adapter() -> Any:
    js_gpu = getattr(js.navigator, "gpu", None)
    if not js_gpu:
        return None
    try:
        return await js_gpu.requestAdapter(js_json({"powerPreference": "high-performance"}))
    except JsException:
        # A blocked or broken driver rejects; the machine then has no WebGPU for us.
        return None


def _threads() -> int:
    if not js.crossOriginIsolated:
        return 1
    cores = int(js.navigator.hardwareConcurrency)
    return max(1, min(MOST_THREADS, cores if cores <= ALL_CORES_UP_TO else cores // 2))

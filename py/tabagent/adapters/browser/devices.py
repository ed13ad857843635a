"""Finds out what this machine computes with, by really asking for a WebGPU adapter."""

from __future__ import annotations

from dataclasses import replace
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
# Architectures of adapters that compute on the processor.
SOFTWARE = frozenset({"swiftshader", "llvmpipe", "lavapipe", "warp"})


async def probe_devices() -> DeviceReport:
    """Return the devices of this realm."""
    cores = int(js.navigator.hardwareConcurrency) if js.crossOriginIsolated else 1
    report = DeviceReport(
        webgpu=False,
        f16=False,
        threads=max(1, min(MOST_THREADS, cores if cores <= ALL_CORES_UP_TO else cores // 2)),
        memory=int(getattr(js.navigator, "deviceMemory", 0) * GIB),
        cores=cores,
    )
    js_adapter = await _request_adapter()
    return _with_adapter(report, js_adapter) if js_adapter else report


def _with_adapter(report: DeviceReport, js_adapter: Any) -> DeviceReport:
    js_info, js_limits = getattr(js_adapter, "info", None), js_adapter.limits
    architecture = str(js_info.architecture) if js_info else ""
    # Chrome has moved the mark from the adapter to its description, and leaves it out for adapters that were forced.
    software = any(bool(getattr(js_place, "isFallbackAdapter", False)) for js_place in (js_info, js_adapter))
    return replace(
        report,
        webgpu=True,
        f16=bool(js_adapter.features.has("shader-f16")),
        adapter=f"{js_info.vendor} {architecture}".strip() if js_info else "",
        software=software or architecture in SOFTWARE,
        max_buffer=int(js_limits.maxBufferSize),
        max_binding=int(js_limits.maxStorageBufferBindingSize),
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

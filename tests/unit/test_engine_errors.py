"""What errors of the engine tell."""

from __future__ import annotations

import pytest

from tabagent.engine_errors import (
    ContextOverflow,
    DeviceLost,
    EngineError,
    GenerationFailed,
    IncompleteJson,
    LoadFailed,
    OutOfMemory,
    TimedOut,
)

MODEL, DTYPE, DEVICE = "acme/tiny", "q4", "webgpu"


@pytest.mark.parametrize(
    ("error", "phase"),
    [
        (LoadFailed(MODEL, DTYPE, DEVICE, "protobuf parsing failed"), "load"),
        (OutOfMemory(MODEL, DTYPE, DEVICE, "prefill", "bad allocation"), "prefill"),
        (DeviceLost(MODEL, DTYPE, DEVICE, "decode", "the driver was reset"), "decode"),
        (GenerationFailed(MODEL, DTYPE, DEVICE, "decode", "shader failed"), "decode"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_model_dtype_device_phase_and_cause_are_told(error: EngineError, phase: str) -> None:
    details = error.details

    assert (details["modelId"], details["dtype"], details["device"], details["phase"]) == (MODEL, DTYPE, DEVICE, phase)
    assert all(str(details[name]) in error.message for name in ("modelId", "dtype", "cause"))


def test_a_silence_tells_how_long_it_was() -> None:
    error = TimedOut(MODEL, DEVICE, "decode", 60)

    assert error.details == {"modelId": MODEL, "device": DEVICE, "phase": "decode", "seconds": 60}
    assert "60 s" in error.message


def test_an_overflow_tells_both_numbers() -> None:
    error = ContextOverflow(3000, 2048)

    assert (error.details["tokens"], error.details["contextLength"]) == (3000, 2048)
    assert "3,000" in error.message
    assert "2,048" in error.message


def test_json_that_is_not_whole_tells_the_limit() -> None:
    assert IncompleteJson(512).details == {"tokens": 512}

"""Events become entries: how a load and an answer go, in counts."""

import logging

import pytest

from tabagent.errors import JsonObject
from tabagent.events import ModelWorkerStates, TransferStates
from tabagent.logbook.event_log import EventLog
from tabagent.messages import (
    DownloadProgress,
    Event,
    Fault,
    GenerationComplete,
    GenerationFault,
    GenerationStatus,
    GenerationUpdate,
    ManifestUpdated,
    WorkerReady,
    WorkerStateChanged,
)

SECRET = "a walk by the sea"


@pytest.fixture
def heard(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.DEBUG, logger="tabagent")
    return caplog


def status(phase: str, done: int, total: int) -> GenerationStatus:
    return GenerationStatus(chat_id="c", message_id="m", phase=phase, done=done, total=total, cached_tokens=4)


def update(message_id: str = "m") -> GenerationUpdate:
    return GenerationUpdate(
        chat_id="c",
        message_id=message_id,
        token=SECRET,
        tps=12.5,
        num_tokens=1,
        time_to_first_token=1234.5,
        prefill_tps=80.0,
    )


def complete() -> GenerationComplete:
    return GenerationComplete(
        chat_id="c",
        message_id="m",
        generated_text=SECRET,
        output=SECRET,
        tps=12.5,
        num_tokens=40,
        time_to_first_token=1234.5,
        prefill_tps=80.0,
        prompt_tokens=100,
        cached_tokens=4,
        left_out=0,
        finish_reason="stop",
    )


def test_an_answer_is_told_once_for_each_step_and_without_its_words(heard: pytest.LogCaptureFixture) -> None:
    log = EventLog(lambda: False)
    events: list[Event] = [
        status("queued", 2, 3),
        status("queued", 1, 2),
        status("loading", 0, 0),
        status("prefill", 50, 100),
        status("prefill", 100, 100),
        *[update() for _ in range(20)],
        complete(),
    ]
    for event in events:
        log.note(event)

    assert heard.messages == [
        "the answer waits behind 2 others",
        "the model is brought back for the answer",
        "read 100 tokens of the prompt, 4 of them known from before",
        "the first token came after 1,234 ms",
        "the answer ended (stop): 40 tokens, 12.5 a second",
    ]
    assert all(record.chat_id == "c" for record in heard.records)  # type: ignore[attr-defined]
    assert SECRET not in repr([record.__dict__ for record in heard.records])


def test_the_next_answer_is_told_again(heard: pytest.LogCaptureFixture) -> None:
    log = EventLog(lambda: False)
    for message_id in ("one", "one", "two"):
        log.note(update(message_id))

    assert len(heard.records) == 2


def test_with_the_debug_switch_the_text_is_there(heard: pytest.LogCaptureFixture) -> None:
    EventLog(lambda: True).note(complete())

    assert heard.records[0].details["text"] == SECRET  # type: ignore[attr-defined]


def test_failures_are_told_by_their_codes(heard: pytest.LogCaptureFixture) -> None:
    log = EventLog(lambda: False)
    error: JsonObject = {"code": "out_of_memory", "message": SECRET, "details": {}}
    log.note(GenerationFault(chat_id="c", message_id="m", error=error, generated_text=SECRET))
    log.note(Fault(error=error))

    assert [record.levelno for record in heard.records] == [logging.WARNING] * 2
    assert all("out_of_memory" in message for message in heard.messages)
    assert SECRET not in repr([record.__dict__ for record in heard.records])


def transfer(status: TransferStates, dtype: str = "q8", model_id: str = "acme/tiny") -> DownloadProgress:
    return DownloadProgress(
        model_id=model_id,
        dtype=dtype,
        status=status,
        loaded=1,
        total=2,
        bytes_per_second=1.0,
        seconds_left=None,
        files=[],
    )


def test_models_are_told_of(heard: pytest.LogCaptureFixture) -> None:
    log = EventLog(lambda: False)
    log.note(
        WorkerStateChanged(
            state=ModelWorkerStates.IDLE, model_id="acme/tiny", dtype="q8", execution_provider="wasm", asleep=None
        )
    )
    log.note(
        WorkerReady(
            model_id="acme/tiny",
            dtype="q8",
            task="text-generation",
            execution_provider="wasm",
            context_length=64,
            load_id="l",
        )
    )
    log.note(ManifestUpdated())

    assert heard.messages == ["the model's state is idle", "acme/tiny q8 is ready on wasm"]


def test_a_transfer_is_told_when_it_changes(heard: pytest.LogCaptureFixture) -> None:
    log = EventLog(lambda: False)
    steps = (
        TransferStates.DOWNLOADING,
        TransferStates.PAUSED,
        TransferStates.PAUSED,
        TransferStates.DOWNLOADING,
        TransferStates.PAUSED,
        TransferStates.DONE,
    )
    for step in steps:
        log.note(transfer(step))

    assert [message.rpartition(" ")[2] for message in heard.messages] == ["paused", "paused", "done"]


def test_an_import_does_not_tell_the_name_of_the_persons_file(heard: pytest.LogCaptureFixture) -> None:
    EventLog(lambda: False).note(transfer(TransferStates.DONE, "", f"{SECRET}.zip"))

    assert heard.messages == ["an import: done"]

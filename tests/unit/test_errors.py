"""The errors and their form on the wire."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tabagent import attachment_errors, engine_errors, errors, parameters, store_errors
from tabagent.drive import errors as drive_errors
from tabagent.engine_errors import LoadFailed
from tabagent.errors import ModelGated, TabAgentError, wire_error
from tabagent.events import ErrorCodes
from tabagent.generation.json_keywords import UnsupportedSchema

# Raised by the supervisor, which is JavaScript, or for exceptions that nobody expected.
WITHOUT_A_CLASS = {ErrorCodes.RUNTIME_FAILED, ErrorCodes.INTERNAL}

EXAMPLES: list[TabAgentError] = [
    errors.BadRequest("chatId must be a non-empty text, not 3.", field="chatId"),
    errors.UnknownMessage("dance"),
    errors.ForbiddenSender("https://evil.example/"),
    errors.PayloadTooLarge(5_000_000, 4_000_000),
    errors.InvalidState("No model is loaded. Choose a model and press Load."),
    errors.Busy("An answer is being written. Stop it first."),
    errors.EmptyPrompt(),
    errors.ChatNotFound("c"),
    errors.ModelNotFound("acme/none"),
    errors.ModelGated("acme/gated"),
    errors.NoOnnxFiles("acme/torch"),
    errors.DtypeNotFound("acme/tiny", "q2", ["fp32", "q8"]),
    errors.HubUnavailable("https://huggingface.co/x", 503, "busy"),
    errors.Offline("https://huggingface.co/x"),
    store_errors.ConnectionLost("https://huggingface.co/x", "no byte came for 15 seconds"),
    store_errors.IncompleteFile("onnx/model.onnx", 3, 10),
    store_errors.UnexpectedContent("config.json", "text/html"),
    store_errors.IntegrityFailed("onnx/model.onnx", "sha256:ab", "sha256:cd"),
    store_errors.LoginFailed("the hub does not know this token"),
    store_errors.DownloadCancelled("acme/tiny"),
    store_errors.StorageError("The storage refused.", needed=10),
    store_errors.StorageFull(2_000_000, 1_000_000, [{"modelId": "acme/old", "dtype": "q8", "size": 3_000_000}]),
    store_errors.FileDamaged("acme/tiny", "onnx/model.onnx", [3, 4], "offline"),
    store_errors.ImportFailed("model.tar", "it has no manifest"),
    engine_errors.UnsupportedDtype("q4f16", "wasm", "no 16-bit kernels", "Choose q8."),
    engine_errors.UnsupportedDevice("webgpu", "no adapter"),
    engine_errors.LoadFailed("acme/tiny", "q8", "wasm", "protobuf parsing failed", damaged=True),
    engine_errors.TemplateFailed("no tools"),
    engine_errors.ContextOverflow(3000, 2048),
    engine_errors.GenerationFailed("acme/tiny", "q4", "webgpu", "decode", "shader failed"),
    engine_errors.OutOfMemory("acme/tiny", "q8", "wasm", "load", "bad allocation"),
    engine_errors.DeviceLost("acme/tiny", "q4", "webgpu", "decode", "the driver was reset"),
    engine_errors.TimedOut("acme/tiny", "webgpu", "decode", 60.0),
    engine_errors.NothingAllowed("bans cover the vocabulary"),
    engine_errors.IncompleteJson(512),
    errors.QueueFull(16),
    errors.RuntimeRestarted("out of memory"),
    parameters.BadSetting("top_k", -1, "must be a whole number from 0 to 1,000"),
    UnsupportedSchema("pattern", "it would need a second automaton"),
    parameters.UnsupportedSetting("num_beams", 4, "beams cannot be streamed", 1),
    attachment_errors.AttachmentTooLarge("book.pdf", 30_000_000, 20_000_000),
    attachment_errors.UnsupportedAttachment("a.zip", "it is an archive", "Attach what is in it."),
    attachment_errors.AttachmentUnreadable("a.pdf", "it is damaged", "Save it again."),
    attachment_errors.AttachmentNotFound("a-1"),
    attachment_errors.PageAccessNeeded("https://example.org/a", "https://example.org"),
    attachment_errors.PageNotReadable("chrome://settings", "the browser lets no extension read it"),
    attachment_errors.PageTimedOut("https://example.org/a", 30.0),
    drive_errors.NotSignedIn(),
    drive_errors.DriveRateLimited(2.0),
    drive_errors.DriveNoAccess("insufficientFilePermissions"),
    drive_errors.DriveDisabled("accessNotConfigured"),
    drive_errors.DriveFileGone(),
    drive_errors.DriveFileUnreadable("song.mp3", "audio/mpeg"),
    drive_errors.DriveFileTooLarge("scan.pdf", 30_000_000, 20_000_000),
    drive_errors.DriveUnavailable(500),
    drive_errors.DriveLoginFailed("it was declined"),
    drive_errors.DriveOffline(),
    drive_errors.DriveConnectionLost(),
    drive_errors.DriveUnexpectedContent("text/html"),
]


def _descendants(kind: type[TabAgentError]) -> Iterator[type[TabAgentError]]:
    for child in kind.__subclasses__():
        yield child
        yield from _descendants(child)


CONCRETE = [kind for kind in _descendants(TabAgentError) if kind.code is not ErrorCodes.INTERNAL]


def test_every_code_belongs_to_exactly_one_class() -> None:
    # A class may be a narrower one of another, and share its code.
    codes = [kind.code for kind in CONCRETE if "code" in vars(kind)]

    assert len(codes) == len(set(codes))
    assert set(codes) == set(ErrorCodes) - WITHOUT_A_CLASS


def test_every_class_has_an_example_here() -> None:
    assert {type(example) for example in EXAMPLES} == set(CONCRETE)


@pytest.mark.parametrize("error", EXAMPLES, ids=lambda error: type(error).__name__)
def test_the_wire_form_is_plain_json_with_a_sentence(error: TabAgentError) -> None:
    wire = json.loads(json.dumps(error.to_wire()))

    assert set(wire) == {"code", "message", "details"}
    assert wire["code"] == error.code.value
    assert wire["message"] == str(error)
    assert wire["message"].endswith(".")
    assert wire["details"] == error.details


def test_a_gated_model_tells_the_page_where_its_terms_are() -> None:
    assert ModelGated("acme/gated").details["url"] == "https://huggingface.co/acme/gated"


@pytest.mark.parametrize(("damaged", "advice"), [(True, "only the damaged parts"), (False, "another dtype or device")])
def test_a_failed_load_advises_by_what_is_wrong(*, damaged: bool, advice: str) -> None:
    error = LoadFailed("acme/tiny", "q8", "wasm", "no", damaged=damaged)

    assert advice in error.message
    assert error.damaged is damaged


@pytest.mark.parametrize("retry_after", ["", "7", "Wed, 21 Oct 2026 07:28:00 GMT"])
def test_a_refusal_of_the_hub_keeps_when_to_come_back(retry_after: str) -> None:
    error = errors.HubUnavailable("https://huggingface.co/x", 429, "slow down", retry_after)

    assert (error.status, error.retry_after) == (429, retry_after)


def test_an_unexpected_exception_tells_its_type_and_nothing_of_its_text() -> None:
    wire = wire_error(KeyError("my secret prompt"))

    assert wire["code"] == ErrorCodes.INTERNAL.value
    assert wire["details"] == {"type": "KeyError"}
    assert "secret" not in json.dumps(wire)


def test_an_expected_error_keeps_its_own_code() -> None:
    assert wire_error(errors.EmptyPrompt()) == errors.EmptyPrompt().to_wire()

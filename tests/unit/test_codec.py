"""The edge: what is accepted, what is refused, and what it becomes."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabagent import chat_codec, codec
from tabagent.errors import BadRequest, EmptyPrompt, JsonObject, JsonValue, PayloadTooLarge
from tabagent.events import LoadingStatusTypes, ModelWorkerStates, RuntimeMessageTypes
from tabagent.messages import (
    GenerationComplete,
    LoadingProgress,
    MemoryStats,
    ResetComplete,
    Sender,
    WorkerStateChanged,
)
from tabagent.sentences import Sentence, said_to_wire
from tabagent.specs import Device, Dtype
from tests.unit.conftest import NOT_TEXTS

SENDER = Sender(extension_id="abc", url="chrome-extension://abc/sidepanel.html")
LOAD = RuntimeMessageTypes.LOAD_MODEL.value

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)


def envelope(**changes: JsonValue) -> str:
    return json.dumps({"type": LOAD, "requestId": "r-1", "payload": {"modelId": "acme/tiny"}} | changes)


# Envelopes


def test_an_envelope_becomes_a_request_with_its_sender() -> None:
    request = codec.decode_envelope(envelope(), SENDER)

    assert (request.name, request.request_id, request.payload) == (LOAD, "r-1", {"modelId": "acme/tiny"})
    assert request.sender is SENDER


@pytest.mark.parametrize("text", [envelope(payload=None), json.dumps({"type": LOAD, "requestId": "r-1"})])
def test_an_absent_payload_is_an_empty_one(text: str) -> None:
    assert codec.decode_envelope(text, SENDER).payload == {}


@pytest.mark.parametrize("text", ["", "{", "hello", "null", "3", '"text"', "[]", "true", "undefined", "{'a': 1}"])
def test_what_is_not_a_json_object_is_refused(text: str) -> None:
    with pytest.raises(BadRequest):
        codec.decode_envelope(text, SENDER)


@pytest.mark.parametrize("field", ["type", "requestId"])
@pytest.mark.parametrize("value", [*NOT_TEXTS, "x" * 201])
def test_a_wrong_envelope_field_is_refused_by_its_name(field: str, value: JsonValue) -> None:
    with pytest.raises(BadRequest) as refusal:
        codec.decode_envelope(envelope(**{field: value}), SENDER)

    assert refusal.value.details["field"] == field


@pytest.mark.parametrize("field", ["type", "requestId"])
def test_a_missing_envelope_field_is_refused_by_its_name(field: str) -> None:
    message = json.loads(envelope())
    del message[field]

    with pytest.raises(BadRequest) as refusal:
        codec.decode_envelope(json.dumps(message), SENDER)

    assert refusal.value.details["field"] == field


@pytest.mark.parametrize("payload", ["text", 3, 0, False, [], [1]])
def test_a_payload_that_is_no_object_is_refused(payload: JsonValue) -> None:
    with pytest.raises(BadRequest) as refusal:
        codec.decode_envelope(envelope(payload=payload), SENDER)

    assert refusal.value.details["field"] == "payload"


def test_a_message_of_fifty_megabytes_is_refused_with_its_size_and_the_limit() -> None:
    text = envelope(payload={"messages": "x" * 50_000_000})

    with pytest.raises(PayloadTooLarge) as refusal:
        codec.decode_envelope(text, SENDER)

    assert refusal.value.details == {"size": len(text), "limit": codec.MAX_MESSAGE_CHARACTERS}


def test_the_longest_allowed_message_is_read() -> None:
    empty = len(envelope(payload={"text": ""}))
    text = envelope(payload={"text": "x" * (codec.MAX_MESSAGE_CHARACTERS - empty)})

    assert len(text) == codec.MAX_MESSAGE_CHARACTERS
    assert codec.decode_envelope(text, SENDER).request_id == "r-1"


@pytest.mark.parametrize("opening", ["[", '{"a":'])
def test_a_nest_too_deep_to_read_is_refused_as_a_bad_request(opening: str) -> None:
    with pytest.raises(BadRequest):
        codec.decode_envelope(opening * 200_000, SENDER)


def test_a_number_of_thousands_of_digits_is_refused_as_a_bad_request() -> None:
    with pytest.raises(BadRequest):
        codec.decode_envelope('{"requestId": "r-1", "type": ' + "9" * 10_000 + "}", SENDER)


@given(json_values)
def test_no_json_value_gets_past_the_envelope_in_another_way_than_a_refusal(value: object) -> None:
    try:
        request = codec.decode_envelope(json.dumps(value), SENDER)
    except BadRequest:
        return
    assert request.name
    assert request.request_id


@given(json_values)
def test_no_payload_makes_a_decoder_fail_in_another_way_than_a_refusal(value: object) -> None:
    payload = dict.fromkeys(("modelId", "loadId", "dtype", "device", "chatId", "messages", "options", "tools"), value)
    for decode in (codec.decode_load_model, chat_codec.decode_send_chat_message, codec.decode_inspect_model):
        # Some values are right: "0" is a model's name.
        with suppress(BadRequest, EmptyPrompt):
            decode(json.loads(json.dumps(payload | {"messageId": value, "task": value})))


# Request ids of messages that were refused


def test_the_request_id_of_a_refused_message_is_found() -> None:
    assert codec.peek_request_id(json.dumps({"requestId": "r-9", "payload": 3})) == "r-9"


@pytest.mark.parametrize("text", ["", "[]", "null", "{", "{}", '{"requestId": 3}', "[" * 200_000])
def test_a_message_without_a_readable_request_id_has_none(text: str) -> None:
    assert codec.peek_request_id(text) is None


@pytest.mark.parametrize("id_first", [True, False])
def test_the_request_id_of_a_message_too_large_is_found_at_either_end(*, id_first: bool) -> None:
    parts: list[tuple[str, JsonValue]] = [("requestId", "r-9"), ("payload", "x" * codec.MAX_MESSAGE_CHARACTERS)]

    assert codec.peek_request_id(json.dumps(dict(parts if id_first else reversed(parts)))) == "r-9"


def test_a_message_too_large_without_an_id_has_none() -> None:
    assert codec.peek_request_id("x" * (codec.MAX_MESSAGE_CHARACTERS + 1)) is None


# LOAD_MODEL and INSPECT_MODEL


def test_a_load_request_is_read_whole() -> None:
    request = codec.decode_load_model(
        {"modelId": "acme/tiny", "dtype": "q4f16", "device": "webgpu", "task": "text-generation", "loadId": "l-1"}
    )

    assert (request.model_id, request.dtype, request.device) == ("acme/tiny", Dtype.Q4F16, Device.WEBGPU)
    assert (request.task, request.load_id) == ("text-generation", "l-1")


@pytest.mark.parametrize("choice", [{}, {"dtype": "auto", "device": "auto"}, {"dtype": None, "device": None}])
def test_dtype_and_device_are_left_open_unless_they_are_named(choice: JsonObject) -> None:
    request = codec.decode_load_model({"modelId": "acme/tiny", "loadId": "l-1", **choice})

    assert (request.dtype, request.device, request.task) == (None, None, "text-generation")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *((field, value) for field in ("modelId", "loadId") for value in NOT_TEXTS),
        *((field, value) for field in ("dtype", "device", "task") for value in NOT_TEXTS if value is not None),
        ("dtype", "q5"),
        ("dtype", "FP32"),
        ("device", "cuda"),
        ("task", "image-to-text"),
        ("loadId", "x" * 201),
        ("modelId", "x" * 2001),
    ],
)
def test_a_wrong_field_of_a_load_request_is_refused_by_its_name(field: str, value: JsonValue) -> None:
    with pytest.raises(BadRequest) as refusal:
        codec.decode_load_model({"modelId": "acme/tiny", "loadId": "l-1", field: value})

    assert refusal.value.details["field"] == field


def test_an_unknown_dtype_is_answered_with_the_known_ones() -> None:
    with pytest.raises(BadRequest, match=r"auto, fp32, .*q8.*q4f16"):
        codec.decode_load_model({"modelId": "acme/tiny", "loadId": "l-1", "dtype": "q5"})


# The others


def test_an_interrupt_without_ids_means_whatever_runs() -> None:
    assert codec.decode_interrupt({}) == codec.decode_interrupt({"chatId": None, "messageId": None})
    assert codec.decode_interrupt({"chatId": "c", "messageId": "m"}).chat_id == "c"


@pytest.mark.parametrize("field", ["chatId", "messageId"])
@pytest.mark.parametrize("value", ["", 3, [], "x" * 201])
def test_a_wrong_id_of_an_interrupt_is_refused(field: str, value: JsonValue) -> None:
    with pytest.raises(BadRequest):
        codec.decode_interrupt({field: value})


def test_a_request_without_fields_reads_nothing() -> None:
    assert codec.decode_empty({"anything": [1]}) == codec.decode_empty({})


def test_a_refusal_shows_at_most_eighty_characters_of_the_wrong_value() -> None:
    with pytest.raises(BadRequest) as refusal:
        codec.decode_load_model({"modelId": "acme/tiny", "loadId": ["secret " * 1000]})

    assert len(refusal.value.message) < 150


# Outgoing


def test_an_event_becomes_an_envelope_with_the_wires_spelling() -> None:
    progress = LoadingProgress(
        status=LoadingStatusTypes.PROGRESS,
        file="onnx/model.onnx",
        progress=50.5,
        loaded=5,
        total=10,
        load_id="l-1",
        message="Downloading",
        model_id="acme/tiny",
        dtype="q8",
    )

    assert codec.encode_event(progress) == {
        "type": progress.name.value,
        "payload": {
            "status": LoadingStatusTypes.PROGRESS.value,
            "file": "onnx/model.onnx",
            "progress": 50.5,
            "loaded": 5,
            "total": 10,
            "loadId": "l-1",
            "message": "Downloading",
            "modelId": "acme/tiny",
            "dtype": "q8",
            "error": None,
        },
    }


def test_a_text_that_other_languages_have_words_for_crosses_with_its_code_beside_it() -> None:
    said = Sentence.PREPARING.said(model="acme/tiny")
    progress = LoadingProgress(
        status=LoadingStatusTypes.INITIATE,
        file="",
        progress=0,
        loaded=0,
        total=0,
        load_id="l-1",
        message=said,
        model_id="acme/tiny",
        dtype="q8",
    )
    payload = codec.encode_event(progress)["payload"]

    assert isinstance(payload, dict)
    assert type(payload["message"]) is str
    assert (payload["message"], payload["messageSaid"]) == (said, said_to_wire(said))


def test_an_inherited_payload_is_encoded_whole_under_its_own_name() -> None:
    event = GenerationComplete(
        chat_id="c",
        message_id="m",
        generated_text="Hi",
        output="Hi",
        tps=1.0,
        num_tokens=1,
        time_to_first_token=2.0,
        prefill_tps=80.0,
        prompt_tokens=3,
        cached_tokens=2,
        left_out=4,
        finish_reason="stop",
    )
    encoded = codec.encode_event(event)

    assert encoded["type"] == GenerationComplete.name.value
    assert encoded["payload"] == {
        "chatId": "c",
        "messageId": "m",
        "generatedText": "Hi",
        "output": "Hi",
        "tps": 1.0,
        "numTokens": 1,
        "timeToFirstToken": 2.0,
        "prefillTps": 80.0,
        "promptTokens": 3,
        "cachedTokens": 2,
        "leftOut": 4,
        "finishReason": "stop",
    }


def test_an_event_without_fields_has_an_empty_payload() -> None:
    assert codec.encode_event(ResetComplete()) == {"type": ResetComplete.name.value, "payload": {}}


def test_memory_figures_have_the_plans_names() -> None:
    stats = MemoryStats(
        used_js_heap_size=1,
        total_js_heap_size=2,
        js_heap_size_limit=3,
        python_heap=4,
        storage_usage=5,
        storage_quota=6,
    )
    payload = codec.encode_event(stats)["payload"]

    assert isinstance(payload, dict)
    assert {"usedJSHeapSize": 1, "totalJSHeapSize": 2, "jsHeapSizeLimit": 3}.items() <= payload.items()


def test_enumerations_cross_as_plain_strings() -> None:
    event = WorkerStateChanged(
        state=ModelWorkerStates.IDLE, model_id="acme/tiny", dtype=Dtype.Q8, execution_provider=Device.WASM
    )
    payload = codec.encode_event(event)["payload"]

    assert isinstance(payload, dict)
    assert all(type(payload[name]) is str for name in ("state", "modelId", "dtype", "executionProvider"))


def test_replies_carry_the_requests_name_and_id() -> None:
    assert codec.encode_reply("x", "r-1", {"loadId": "l"}) == {
        "type": "x_RESPONSE",
        "requestId": "r-1",
        "success": True,
        "loadId": "l",
    }
    assert codec.encode_refusal("x", None, {"code": "busy"}) == {
        "type": "x_RESPONSE",
        "requestId": None,
        "success": False,
        "error": {"code": "busy"},
    }

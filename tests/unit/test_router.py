"""Every message gets exactly one reply, whoever sent it and whatever it holds."""

from __future__ import annotations

import asyncio
import json
import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabagent import codec
from tabagent.errors import Busy, JsonObject, JsonValue
from tabagent.events import ErrorCodes, RuntimeMessageTypes
from tabagent.messages import Empty, InspectModel, Sender
from tabagent.router import SERVICE_WORKER, EventRouter

ID = "abcdefghijklmnopabcdefghijklmnop"
PANEL = Sender(extension_id=ID, url=f"chrome-extension://{ID}/sidepanel/index.html")


class Service:
    """Counts what reaches it; fails on demand."""

    def __init__(self) -> None:
        self.taken: list[object] = []
        self.failure: BaseException | None = None

    async def handle(self, request: Empty | InspectModel) -> JsonObject:
        self.taken.append(request)
        if self.failure is not None:
            raise self.failure
        return {"models": []}


@pytest.fixture
def service() -> Service:
    return Service()


@pytest.fixture
def router(service: Service) -> EventRouter:
    router = EventRouter(ID)
    router.on(RuntimeMessageTypes.LIST_MODELS, codec.decode_empty, service.handle)
    router.on(RuntimeMessageTypes.INSPECT_MODEL, codec.decode_inspect_model, service.handle)
    return router


def message(name: str = RuntimeMessageTypes.LIST_MODELS, **payload: JsonValue) -> str:
    return json.dumps({"type": name, "requestId": "r-1", "payload": payload})


def code_of(reply: JsonObject) -> ErrorCodes:
    assert reply["success"] is False
    error = reply["error"]
    assert isinstance(error, dict)
    return ErrorCodes(str(error["code"]))


async def test_a_request_of_an_own_page_gets_its_handlers_reply(router: EventRouter, service: Service) -> None:
    reply = await router.dispatch(message(), PANEL)

    assert reply == {"type": "listModels_RESPONSE", "requestId": "r-1", "success": True, "models": []}
    assert service.taken == [Empty()]


async def test_the_handler_gets_the_decoded_payload(router: EventRouter, service: Service) -> None:
    await router.dispatch(message(RuntimeMessageTypes.INSPECT_MODEL, modelId="acme/tiny"), PANEL)

    assert service.taken == [InspectModel(model_id="acme/tiny")]


@pytest.mark.parametrize(
    "sender",
    [
        Sender(extension_id="ponmlkjihgfedcbaponmlkjihgfedcba", url="chrome-extension://ponmlkjihgfedcbaponm/a.html"),
        Sender(extension_id="ponmlkjihgfedcbaponmlkjihgfedcba", url=PANEL.url),
        Sender(extension_id=ID, url="https://example.com/page", tab_url="https://example.com/page"),
        Sender(extension_id=ID, url="https://example.com/", tab_url=PANEL.url),
        Sender(extension_id=ID, url=""),
        Sender(extension_id="", url=""),
        Sender(extension_id=ID, url=f"chrome-extension://{ID}"),
        Sender(extension_id=ID, url=f"chrome-extension://{ID}.evil.example/"),
        Sender(extension_id=ID, url=f"https://evil.example/chrome-extension://{ID}/"),
    ],
    ids=[
        "another extension",
        "another extension that claims our page",
        "our content script",
        "our content script in an own tab",
        "no address",
        "nobody",
        "no page",
        "longer host",
        "address inside an address",
    ],
)
async def test_a_foreign_sender_is_refused_and_reaches_no_handler(
    router: EventRouter, service: Service, sender: Sender
) -> None:
    reply = await router.dispatch(message(), sender)

    assert code_of(reply) is ErrorCodes.FORBIDDEN_SENDER
    assert reply["requestId"] == "r-1"
    assert service.taken == []


async def test_a_foreign_sender_is_refused_before_its_message_is_read(router: EventRouter) -> None:
    reply = await router.dispatch("x" * (codec.MAX_MESSAGE_CHARACTERS + 1), Sender(extension_id="", url=""))

    assert code_of(reply) is ErrorCodes.FORBIDDEN_SENDER


async def test_an_unknown_message_is_refused_with_its_name(router: EventRouter, service: Service) -> None:
    reply = await router.dispatch(message("dance"), PANEL)

    assert code_of(reply) is ErrorCodes.UNKNOWN_MESSAGE
    assert reply["type"] == "dance_RESPONSE"
    assert service.taken == []


async def test_a_wrong_payload_is_refused_and_reaches_no_handler(router: EventRouter, service: Service) -> None:
    reply = await router.dispatch(message(RuntimeMessageTypes.INSPECT_MODEL, modelId=3), PANEL)

    assert code_of(reply) is ErrorCodes.BAD_REQUEST
    assert reply["requestId"] == "r-1"
    assert service.taken == []


async def test_a_message_too_large_is_refused_under_its_request_id(router: EventRouter) -> None:
    reply = await router.dispatch(message(text="x" * codec.MAX_MESSAGE_CHARACTERS), PANEL)

    assert code_of(reply) is ErrorCodes.PAYLOAD_TOO_LARGE
    assert reply["requestId"] == "r-1"


async def test_a_message_without_a_request_id_is_refused(router: EventRouter) -> None:
    reply = await router.dispatch(json.dumps({"type": RuntimeMessageTypes.LIST_MODELS}), PANEL)

    assert code_of(reply) is ErrorCodes.BAD_REQUEST
    assert reply["requestId"] is None


async def test_an_expected_error_becomes_a_refusal(router: EventRouter, service: Service) -> None:
    service.failure = Busy("An answer is being written.")

    reply = await router.dispatch(message(), PANEL)

    assert reply["error"] == service.failure.to_wire()


async def test_an_unexpected_exception_is_an_internal_error_without_its_values(
    router: EventRouter, service: Service
) -> None:
    service.failure = KeyError("my secret prompt")

    reply = await router.dispatch(message(), PANEL)

    assert code_of(reply) is ErrorCodes.INTERNAL
    assert reply["requestId"] == "r-1"
    assert "secret" not in json.dumps(reply)


async def test_a_cancelled_dispatch_is_cancelled(router: EventRouter, service: Service) -> None:
    service.failure = asyncio.CancelledError()

    with pytest.raises(asyncio.CancelledError):
        await router.dispatch(message(), PANEL)


async def test_a_failure_of_one_request_does_not_touch_the_next(router: EventRouter, service: Service) -> None:
    service.failure = RuntimeError()
    await router.dispatch(message(), PANEL)
    service.failure = None

    assert (await router.dispatch(message(), PANEL))["success"] is True


async def test_refused_payloads_are_not_logged(router: EventRouter, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, logger="tabagent"):
        await router.dispatch(message(RuntimeMessageTypes.INSPECT_MODEL, modelId="my secret prompt"), PANEL)

    assert caplog.text
    assert "secret" not in caplog.text


def test_a_second_handler_for_a_name_is_a_mistake(router: EventRouter, service: Service) -> None:
    with pytest.raises(ValueError, match="handler already"):
        router.on(RuntimeMessageTypes.LIST_MODELS, codec.decode_empty, service.handle)


def test_the_router_knows_its_names(router: EventRouter) -> None:
    assert router.names == {RuntimeMessageTypes.LIST_MODELS, RuntimeMessageTypes.INSPECT_MODEL}


@given(st.text() | st.recursive(st.none() | st.text() | st.integers(), st.lists, max_leaves=5).map(json.dumps))
def test_any_text_gets_one_reply_that_is_json(text: str) -> None:
    reply = asyncio.run(EventRouter(ID).dispatch(text, PANEL))

    assert set(json.loads(json.dumps(reply))) == {"type", "requestId", "success", "error"}


@pytest.mark.parametrize("text", ["[" * 200_000, '{"requestId":' * 100_000])
async def test_a_nest_too_deep_to_read_gets_a_reply(router: EventRouter, text: str) -> None:
    assert code_of(await router.dispatch(text, PANEL)) is ErrorCodes.BAD_REQUEST


async def test_a_nest_of_any_depth_gets_a_refusal_of_the_request(router: EventRouter) -> None:
    # Somewhere in this range what can just be read cannot be written any more.
    for depth in range(900, 1000):
        nest = "[" * depth + "]" * depth
        reply = await router.dispatch(f'{{"requestId": "r-1", "type": {nest}}}', PANEL)

        assert code_of(reply) is ErrorCodes.BAD_REQUEST


async def test_what_one_file_alone_may_send_is_refused_from_others(router: EventRouter, service: Service) -> None:
    router.on(RuntimeMessageTypes.CHROME_EVENT, codec.decode_empty, service.handle, only_from=SERVICE_WORKER)
    text = message(RuntimeMessageTypes.CHROME_EVENT)
    refused = await router.dispatch(text, PANEL)
    allowed = await router.dispatch(text, Sender(extension_id=ID, url=f"chrome-extension://{ID}/{SERVICE_WORKER}"))

    assert code_of(refused) == ErrorCodes.FORBIDDEN_SENDER
    assert allowed["success"] is True
    assert len(service.taken) == 1

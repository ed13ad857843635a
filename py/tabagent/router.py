"""Takes every message in: checks the sender, finds the handler by name, answers exactly once.

The router knows no service. `tabagent.main` registers the handlers.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

from tabagent import codec, correlation
from tabagent.errors import ForbiddenSender, JsonObject, RequestError, TabAgentError, UnknownMessage, wire_error
from tabagent.messages import Request, RequestName, Sender

logger = logging.getLogger(__name__)

Payload = TypeVar("Payload")
Handler = Callable[[Payload], Awaitable[JsonObject]]
# The file of the extension that hears Chrome's events.
SERVICE_WORKER = "service_worker.js"


class EventRouter:
    """Dispatches requests by event-name constants.

    Args:
        extension_id: Only this extension's own pages are heard.
        noted: Hears of every request with a handler, before it is handled.
    """

    def __init__(self, extension_id: str, noted: Callable[[Request], None] = lambda request: None) -> None:
        self._extension_id, self._noted = extension_id, noted
        self._own = f"chrome-extension://{extension_id}/"
        self._routes: dict[str, Callable[[JsonObject], Awaitable[JsonObject]]] = {}
        self._only_from: dict[str, str] = {}

    def on(
        self, name: RequestName, decode: codec.Decoder[Payload], handler: Handler[Payload], *, only_from: str = ""
    ) -> None:
        """Register the handler of a request; `decode` checks the payload first.

        Args:
            name: Of the request.
            decode: Checks the payload and makes an object of it.
            handler: Answers.
            only_from: The only file of the extension that may send it; empty for any.
        """

        async def route(payload: JsonObject) -> JsonObject:
            return await handler(decode(payload))

        if str(name) in self._routes:
            raise ValueError(f"{name!r} has a handler already")
        self._routes[str(name)] = route
        if only_from:
            self._only_from[str(name)] = only_from

    @property
    def names(self) -> frozenset[str]:
        """Names of the requests that have a handler."""
        return frozenset(self._routes)

    async def dispatch(self, text: str, sender: Sender) -> JsonObject:
        """Answer one message; never raises."""
        try:
            self._check_sender(sender)
            request = codec.decode_envelope(text, sender)
        except TabAgentError as error:
            logger.info("a message was refused: %s", error.code)
            return codec.encode_refusal("", codec.peek_request_id(text), error.to_wire())
        with correlation.correlated(request.correlation_id):
            return await self._handle(request)

    async def _handle(self, request: Request) -> JsonObject:
        name, request_id = request.name, request.request_id
        # What is no name of ours may be anything.
        told = name if name in self._routes else "of an unknown type"
        try:
            return codec.encode_reply(name, request_id, await self._answer(request))
        except TabAgentError as error:
            level = logging.INFO if isinstance(error, RequestError) else logging.WARNING
            logger.log(level, "request %s was refused: %s", told, error.code)
            return codec.encode_refusal(name, request_id, error.to_wire())
        except asyncio.CancelledError:
            raise
        except Exception as error:
            logger.exception("request %s failed", told)
            return codec.encode_refusal(name, request_id, wire_error(error))

    async def _answer(self, request: Request) -> JsonObject:
        route = self._routes.get(request.name)
        if route is None:
            raise UnknownMessage(request.name)
        only_from = self._only_from.get(request.name)
        if only_from and request.sender.url != f"{self._own}{only_from}":
            raise ForbiddenSender(request.sender.url)
        self._noted(request)
        return await route(request.payload)

    def _check_sender(self, sender: Sender) -> None:
        if sender.extension_id != self._extension_id or not sender.url.startswith(self._own):
            raise ForbiddenSender(sender.url or sender.extension_id)

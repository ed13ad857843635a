"""Asks the Drive API: signed, with one renewal of the token and one wait, and each failure by its own name."""

from __future__ import annotations

import logging
import math
from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import quote, urlencode

from tabagent.drive.account import API, GoogleAccount
from tabagent.drive.answers import read_json, refusal
from tabagent.drive.errors import (
    DriveConnectionLost,
    DriveFileTooLarge,
    DriveLoginFailed,
    DriveOffline,
    DriveRateLimited,
    DriveUnexpectedContent,
)
from tabagent.errors import JsonObject, Offline
from tabagent.ports.buffers import ByteBuffer
from tabagent.ports.fetcher import Fetcher, HttpResponse
from tabagent.store_errors import ConnectionLost

logger = logging.getLogger(__name__)

# Without a Retry-After Google wants growing pauses; somebody who looks at a list does not wait for a second one.
PAUSE_SECONDS = 2.0
LONGEST_PAUSE_SECONDS = 10.0

Sleep = Callable[[float], Awaitable[None]]
Parameters = Mapping[str, str]


class DriveClient:
    """Sends requests to the Drive API.

    Args:
        fetcher: HTTP.
        account: Has the token.
        sleep: Waits so many seconds.
    """

    def __init__(self, fetcher: Fetcher, account: GoogleAccount, sleep: Sleep) -> None:
        self._fetcher, self._account, self._sleep = fetcher, account, sleep

    async def get_json(self, *path: str, **parameters: str) -> JsonObject:
        """Return an object of the API.

        Args:
            path: Parts of its path below the API's, as `files`, `ID`.
            parameters: Of the query.

        Raises:
            NotSignedIn: Nobody is signed in.
            DriveLoginFailed: The sign-in has ended.
            DriveError: Google's refusal.
            DriveOffline, DriveConnectionLost, DriveUnexpectedContent: The network.
        """
        response = await self._answered(path, parameters)
        try:
            return await read_json(response)
        except ConnectionLost as error:
            raise DriveConnectionLost from error

    async def get_content(
        self, name: str, mime_type: str, limit: int, *path: str, **parameters: str
    ) -> ByteBuffer | None:
        """Return a file's bytes; None for an empty file.

        Args:
            name: Of the file, for refusals.
            mime_type: What it is to be.
            limit: Bytes at most, whatever was announced.
            path: As of `get_json`.
            parameters: As of `get_json`.

        Raises:
            DriveFileTooLarge: There are more bytes.
        """
        response = await self._answered(path, parameters, name)
        # A page in place of something else, as from a proxy; a file that is a page may be one.
        if "text/html" in response.headers.get("content-type", "") and mime_type != "text/html":
            await response.close()
            raise DriveUnexpectedContent("text/html")
        try:
            data = await response.read(limit + 1)
        except ConnectionLost as error:
            raise DriveConnectionLost from error
        if data is not None and data.size > limit:
            data.release()
            await response.close()
            raise DriveFileTooLarge(name, None, limit)
        return data

    async def _answered(self, path: tuple[str, ...], parameters: Parameters, name: str = "") -> HttpResponse:
        """Return the answer of status 200 to a request, after one wait where Google asks for it."""
        url = f"{API}/{'/'.join(quote(part, safe='') for part in path)}?{urlencode(parameters)}"
        response = await self._signed(url)
        if response.status == 200:
            return response
        pause = _pause(response)
        try:
            error = await refusal(response, name)
            if isinstance(error, DriveRateLimited):
                logger.info("google wants fewer requests; trying again in %.1f s", pause)
                await self._sleep(pause)
                response = await self._signed(url)
                if response.status == 200:
                    return response
                error = await refusal(response, name, pause)
        except ConnectionLost as lost:
            raise DriveConnectionLost from lost
        raise error

    async def _signed(self, url: str) -> HttpResponse:
        """Return the answer to a signed request, with another token when Google no longer knows the first."""
        token = await self._account.token()
        response = await self._send(url, token)
        if response.status != 401:
            return response
        await response.close()
        token = await self._account.renewed(token)
        response = await self._send(url, token)
        if response.status != 401:
            return response
        await response.close()
        await self._account.end(token)
        raise DriveLoginFailed("Google refuses the token that it has just given")

    async def _send(self, url: str, token: str) -> HttpResponse:
        try:
            return await self._fetcher.get(url, {"Authorization": f"Bearer {token}"})
        except Offline as error:
            raise DriveOffline from error


def _pause(response: HttpResponse) -> float:
    """Return how long to wait, in seconds, as `Retry-After` says where that is a number."""
    try:
        seconds = float(response.headers.get("retry-after", ""))
    except ValueError:
        return PAUSE_SECONDS
    if not math.isfinite(seconds):
        return PAUSE_SECONDS
    return min(max(seconds, 0.0), LONGEST_PAUSE_SECONDS)

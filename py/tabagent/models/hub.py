"""The HTTP interface of the Hugging Face Hub, as far as TabAgent reads it.

Listings are taken at a commit, so that all files of a download belong together. Formats: https://huggingface.co/docs/
hub/api; errors carry `X-Error-Code` (huggingface_hub's `hf_raise_for_status`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast
from urllib.parse import quote, urlencode

from tabagent.errors import HubUnavailable, JsonObject, JsonValue, ModelGated, ModelNotFound, TabAgentError
from tabagent.models.account import HuggingFaceAccount
from tabagent.models.sources import HUB, ModelSources
from tabagent.ports.fetcher import Fetcher, HttpResponse
from tabagent.specs import ModelFile, RepositoryListing

NOT_MODIFIED = 304


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundModel:
    """One result of a search.

    Attributes:
        gated: Its files ask for a login and accepted terms.
    """

    repo: str
    downloads: int
    likes: int
    gated: bool


class HubClient:
    """Reads listings, searches, and opens files.

    Args:
        fetcher: HTTP.
        sources: Which hub a model is on.
        account: Tells the Hub who asks, and no other host.
    """

    def __init__(self, fetcher: Fetcher, sources: ModelSources, account: HuggingFaceAccount) -> None:
        self._fetcher, self._sources, self._account = fetcher, sources, account

    async def listing(self, model_id: str, etag: str = "") -> RepositoryListing | None:
        """Return the files of a repository's newest commit, with one request.

        Args:
            model_id: See `tabagent.models.sources`.
            etag: Of the listing that is known; None is returned when it is still the newest.

        Raises:
            ModelNotFound: There is no such repository, or it is private.
            ModelGated: It asks for a login or to accept terms.
            HubUnavailable: The answer is not the API's.
            Offline, ConnectionLost: No answer, or half of one.
        """
        base, repo = await self._sources.locate(model_id)
        url = f"{base}/api/models/{quote(repo)}?blobs=true"
        response = await self._get(url, {"If-None-Match": etag} if etag else {})
        if etag and response.status == NOT_MODIFIED:
            await response.close()
            return None
        model = await _json(url, model_id, response)
        commit = model.get("sha") if isinstance(model, dict) else None
        siblings = model.get("siblings") if isinstance(model, dict) else None
        if not isinstance(model, dict) or not isinstance(commit, str) or not isinstance(siblings, list):
            raise HubUnavailable(url, response.status, "the answer is not a model's description")
        task = model.get("pipeline_tag")
        return RepositoryListing(
            repo=model_id,
            commit=commit,
            task=task if isinstance(task, str) else "text-generation",
            files=tuple(_model_file(item) for item in siblings if isinstance(item, dict)),
            etag=response.headers.get("etag", ""),
        )

    async def search(self, query: str, limit: int) -> tuple[FoundModel, ...]:
        """Return text-generation models for transformers.js, the most downloaded first.

        Raises:
            HubUnavailable, Offline, ConnectionLost: As for `listing`.
        """
        asked = {
            "search": query,
            "filter": "transformers.js",
            "pipeline_tag": "text-generation",
            "sort": "downloads",
            "direction": "-1",
            "limit": str(limit),
        }
        url = f"{HUB}/api/models?{urlencode(asked)}"
        models = await _json(url, query, await self._get(url, {}))
        if not isinstance(models, list):
            raise HubUnavailable(url, 200, "the answer is not a list of models")
        return tuple(
            FoundModel(
                repo=str(model["id"]),
                downloads=_count(model.get("downloads")),
                likes=_count(model.get("likes")),
                gated=bool(model.get("gated")),
            )
            for model in models
            if isinstance(model, dict) and isinstance(model.get("id"), str)
        )

    async def open(
        self, model_id: str, commit: str, path: str, *, span: tuple[int, int] | None = None, etag: str = ""
    ) -> HttpResponse:
        """Start the download of a file, or of a part of it.

        Args:
            model_id: Of the repository.
            commit: Which version of it.
            path: Of the file.
            span: First and last byte; the answer's status is 206, or 200 and the whole file when the hub does not give
                parts or the file is no longer the one of `etag`.
            etag: Validator of the parts that are stored; without one no part can be asked for safely over time.

        Raises:
            ModelNotFound, ModelGated, HubUnavailable, Offline: As for `listing`.
        """
        base, repo = await self._sources.locate(model_id)
        url = f"{base}/{quote(repo)}/resolve/{quote(commit)}/{quote(path)}"
        headers: dict[str, str] = {}
        if span is not None:
            headers["Range"] = f"bytes={span[0]}-{span[1]}"
            # A weak validator says nothing about bytes (RFC 9110, 13.1.5).
            if etag and not etag.startswith("W/"):
                headers["If-Range"] = etag
        response = await self._get(url, headers)
        if response.status not in (200, 206, 416):
            await response.close()
            raise _refusal(url, model_id, response)
        return response

    async def _get(self, url: str, headers: Mapping[str, str]) -> HttpResponse:
        signed = await self._account.authorization(url)
        response = await self._fetcher.get(url, {**headers, **signed})
        # The Hub refuses even what is public to a token that it no longer knows.
        if response.status == 401 and signed and await self._account.recheck():
            await response.close()
            return await self._fetcher.get(url, {**headers, **await self._account.authorization(url)})
        return response


async def _json(url: str, model_id: str, response: HttpResponse) -> JsonValue:
    if response.status != 200:
        await response.close()
        raise _refusal(url, model_id, response)
    text = await response.text()
    try:
        return cast(JsonValue, json.loads(text))
    except ValueError as error:
        raise HubUnavailable(url, response.status, "the answer is not JSON") from error


def _refusal(url: str, model_id: str, response: HttpResponse) -> TabAgentError:
    code = response.headers.get("x-error-code", "")
    retry_after = response.headers.get("retry-after", "")
    if (response.status in (401, 403) and code == "GatedRepo") or (response.status == 403 and code != "RepoNotFound"):
        return ModelGated(model_id)
    # The hub answers 401 for repositories that do not exist, so as not to tell which private ones do.
    if response.status in (401, 404) and code not in ("EntryNotFound", "RevisionNotFound"):
        return ModelNotFound(model_id)
    reason = response.headers.get("x-error-message", "") or code or "an unexpected status"
    return HubUnavailable(url, response.status, reason, retry_after)


def _model_file(item: JsonObject) -> ModelFile:
    lfs, blob, size = item.get("lfs"), item.get("blobId"), item.get("size")
    sha256 = lfs.get("sha256") if isinstance(lfs, dict) else None
    digest = f"sha256:{sha256}" if isinstance(sha256, str) else f"git:{blob}" if isinstance(blob, str) else None
    return ModelFile(path=str(item.get("rfilename")), size=size if isinstance(size, int) else 0, digest=digest)


def _count(value: JsonValue) -> int:
    return value if isinstance(value, int) else 0

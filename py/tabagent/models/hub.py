"""The Hugging Face Hub's HTTP API, as far as TabAgent reads it.

Listings are taken at a commit, so that all files of a download belong together. Formats: https://huggingface.co/docs/
hub/api; errors carry `X-Error-Code` (huggingface_hub's `hf_raise_for_status`).
"""

from __future__ import annotations

import json
import re
from typing import cast
from urllib.parse import quote

from tabagent.errors import HubUnavailable, JsonObject, JsonValue, ModelGated, ModelNotFound, TabAgentError
from tabagent.ports.fetcher import Fetcher, HttpResponse
from tabagent.specs import ModelFile, RepositoryListing

HUB = "https://huggingface.co"
_NEXT_PAGE = re.compile(rf'<({re.escape(HUB)}/[^>]+)>;\s*rel="next"')


class HubClient:
    """Reads listings and opens files.

    Args:
        fetcher: HTTP.
    """

    def __init__(self, fetcher: Fetcher) -> None:
        self._fetcher = fetcher

    async def listing(self, repo: str) -> RepositoryListing:
        """Return the files of the newest commit of a repository.

        Raises:
            ModelNotFound: There is no such repository, or it is private.
            ModelGated: It asks for a login or to accept terms.
            HubUnavailable: The answer is not the API's.
            Offline: No answer.
        """
        model, _ = await self._json(f"{HUB}/api/models/{quote(repo)}", repo)
        commit = model.get("sha") if isinstance(model, dict) else None
        if not isinstance(model, dict) or not isinstance(commit, str):
            raise HubUnavailable(f"{HUB}/api/models/{repo}", 200, "the answer is not a model's description")
        files = await self._tree(f"{HUB}/api/models/{quote(repo)}/tree/{commit}?recursive=true", repo)
        task = model.get("pipeline_tag")
        return RepositoryListing(
            repo=repo, commit=commit, task=task if isinstance(task, str) else "text-generation", files=files
        )

    async def _tree(self, url: str | None, repo: str) -> tuple[ModelFile, ...]:
        """Read all pages of a listing; a thousand files a page."""
        files: list[ModelFile] = []
        while url is not None:
            page, next_url = await self._json(url, repo)
            if not isinstance(page, list):
                raise HubUnavailable(url, 200, "the answer is not a list of files")
            files += [_model_file(item) for item in page if isinstance(item, dict) and item.get("type") == "file"]
            url = next_url
        return tuple(files)

    async def open(self, repo: str, commit: str, path: str) -> HttpResponse:
        """Start the download of a file.

        Raises:
            ModelNotFound, ModelGated, HubUnavailable, Offline: As for `listing`.
        """
        url = f"{HUB}/{quote(repo)}/resolve/{commit}/{quote(path)}"
        response = await self._fetcher.get(url)
        if response.status != 200:
            await response.close()
            raise _refusal(url, repo, response)
        return response

    async def _json(self, url: str, repo: str) -> tuple[JsonValue, str | None]:
        """Return an answer's JSON and the address of its next page, which must be the hub's own."""
        response = await self._fetcher.get(url)
        if response.status != 200:
            await response.close()
            raise _refusal(url, repo, response)
        text = await response.text()
        try:
            value = cast(JsonValue, json.loads(text))
        except ValueError as error:
            raise HubUnavailable(url, response.status, "the answer is not JSON") from error
        following = _NEXT_PAGE.search(response.headers.get("link", ""))
        return value, following.group(1) if following else None


def _refusal(url: str, repo: str, response: HttpResponse) -> TabAgentError:
    code = response.headers.get("x-error-code", "")
    if code == "GatedRepo" or (response.status == 403 and code != "RepoNotFound"):
        return ModelGated(repo)
    # The hub answers 401 for repositories that do not exist, so as not to tell which private ones do.
    if response.status in (401, 404) and code != "EntryNotFound":
        return ModelNotFound(repo)
    reason = response.headers.get("x-error-message", "") or code or "an unexpected status"
    return HubUnavailable(url, response.status, reason)


def _model_file(item: JsonObject) -> ModelFile:
    lfs = item.get("lfs")
    sha256 = lfs.get("oid") if isinstance(lfs, dict) else None
    size = item.get("size")
    return ModelFile(
        path=str(item.get("path")),
        size=size if isinstance(size, int) else 0,
        sha256=sha256 if isinstance(sha256, str) else None,
    )

"""The Hub's JSON API: models, their commits and trees, search, and who a token belongs to."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import PurePosixPath
from urllib.parse import parse_qsl, urlencode

from tools.hub.access import NOT_SIGNED_IN, Access, Visitor
from tools.hub.answers import Answer, Request, api_error, json_answer
from tools.hub.hashes import git_blob_id
from tools.hub.repository import Commit, HubFile, Repository

MOST_PER_PAGE = 1000
_CREATED = "2024-10-31T13:30:32.000Z"


@dataclass(frozen=True, slots=True)
class Api:
    """The part of the Hub under /api/.

    Attributes:
        access: who may see what.
        announced_size: the size that the metadata tells of a file, given its `resolve` path and its true size.
    """

    access: Access
    announced_size: Callable[[str, int], int]

    def answer(self, request: Request) -> Answer:
        """Answer a request whose path begins with /api/."""
        match request.segments:
            case ["api", "whoami-v2"]:
                return self._who_am_i(request)
            case ["api", "models"]:
                return self._search(request)
            case ["api", "models", owner, name]:
                return self._model(request, f"{owner}/{name}", "main")
            case ["api", "models", owner, name, "revision", revision]:
                return self._model(request, f"{owner}/{name}", revision)
            case ["api", "models", owner, name, "tree", revision, *folder]:
                return self._tree(request, f"{owner}/{name}", revision, "/".join(folder).strip("/"))
        return api_error(HTTPStatus.NOT_FOUND, "Sorry, we can't find the page you are looking for.")

    def _who_am_i(self, request: Request) -> Answer:
        visitor = self.access.visitor(request)
        if visitor.name is None:
            return api_error(HTTPStatus.UNAUTHORIZED, NOT_SIGNED_IN)
        token = {"displayName": "token", "role": "read", "createdAt": _CREATED}
        return json_answer({
            "type": "user",
            "id": git_blob_id(visitor.name.encode())[:24],
            "name": visitor.name,
            "fullname": visitor.name,
            "isPro": False,
            "avatarUrl": f"/avatars/{visitor.name}.svg",
            "orgs": [],
            "auth": {"type": "access_token", "accessToken": token},
        })  # fmt: skip

    def _search(self, request: Request) -> Answer:
        visitor = self.access.visitor(request)
        if visitor.rejected:
            return api_error(HTTPStatus.UNAUTHORIZED, NOT_SIGNED_IN)
        found = [
            _summary(repository)
            for name in sorted(self.access.repositories)
            if (repository := self.access.visible(name, visitor)) is not None and _fits(repository, request)
        ]
        return _page(request, found)

    def _commit(self, name: str, revision: str, visitor: Visitor) -> tuple[Repository, Commit] | Answer:
        repository = self.access.for_api(name, visitor)
        if isinstance(repository, Answer):
            return repository
        commit = repository.commit(revision)
        if commit is None:
            return api_error(HTTPStatus.NOT_FOUND, f"Invalid rev id: {revision}", "RevisionNotFound")
        return repository, commit

    def _model(self, request: Request, name: str, revision: str) -> Answer:
        found = self._commit(name, revision, self.access.visitor(request))
        if isinstance(found, Answer):
            return found
        repository, commit = found
        siblings: list[dict[str, object]] = []
        for file in commit.files.values():
            sibling: dict[str, object] = {"rfilename": file.path}
            if request.parameter("blobs") in {"1", "true", "True"}:
                sibling |= {"size": self._size(name, revision, file), "blobId": file.oid}
                if file.in_lfs:
                    sibling["lfs"] = {**self._lfs(name, revision, file), "sha256": file.hashes.sha256}
            siblings.append(sibling)
        return json_answer({
            **_summary(repository),
            "author": name.partition("/")[0],
            "sha": commit.sha,
            "lastModified": _CREATED,
            "disabled": False,
            "config": {key: repository.config().get(key) for key in ("architectures", "model_type")},
            "cardData": {"license": "apache-2.0"},
            "siblings": siblings,
            "spaces": [],
            "usedStorage": sum(file.hashes.size for file in commit.files.values()),
        })  # fmt: skip

    def _tree(self, request: Request, name: str, revision: str, folder: str) -> Answer:
        found = self._commit(name, revision, self.access.visitor(request))
        if isinstance(found, Answer):
            return found
        _, commit = found
        recursive = request.parameter("recursive") in {"1", "true", "True"}
        prefix = f"{folder}/" if folder else ""
        entries: dict[str, dict[str, object]] = {}
        for file in commit.files.values():
            if not file.path.startswith(prefix):
                continue
            inside = [str(parent) for parent in PurePosixPath(file.path).parents][::-1][1:]
            for parent in inside:
                if parent.startswith(prefix):
                    oid = git_blob_id(parent.encode())
                    entries[parent] = {"type": "directory", "oid": oid, "size": 0, "path": parent}
            entries[file.path] = self._entry(name, revision, file)
        if folder and not entries:
            return api_error(HTTPStatus.NOT_FOUND, f"{folder} does not exist on {revision!r}", "EntryNotFound")
        wanted = [entry for path, entry in sorted(entries.items()) if recursive or "/" not in path[len(prefix) :]]
        return _page(request, wanted, ("X-Repo-Commit", commit.sha))

    def _entry(self, name: str, revision: str, file: HubFile) -> dict[str, object]:
        size = self._size(name, revision, file)
        entry: dict[str, object] = {"type": "file", "oid": file.oid, "size": size, "path": file.path}
        if file.in_lfs:
            entry["lfs"] = self._lfs(name, revision, file)
        return entry

    def _lfs(self, name: str, revision: str, file: HubFile) -> dict[str, object]:
        size = self._size(name, revision, file)
        return {"oid": file.hashes.sha256, "size": size, "pointerSize": len(file.pointer)}

    def _size(self, name: str, revision: str, file: HubFile) -> int:
        return self.announced_size(f"/{name}/resolve/{revision}/{file.path}", file.hashes.size)


def _summary(repository: Repository) -> dict[str, object]:
    """Return what search results and a model's metadata have in common."""
    described = repository.description
    summary: dict[str, object] = {
        "_id": git_blob_id(repository.name.encode())[:24],
        "id": repository.name,
        "modelId": repository.name,
        "likes": 0,
        "downloads": 0,
        "private": described.private,
        "gated": described.gated,
        "tags": _tags(repository),
        "createdAt": _CREATED,
    }
    if described.pipeline_tag:
        summary["pipeline_tag"] = described.pipeline_tag
    if described.library_name:
        summary["library_name"] = described.library_name
    return summary


def _tags(repository: Repository) -> list[str]:
    described = repository.description
    tags = [described.library_name, *described.tags, repository.config().get("model_type"), described.pipeline_tag]
    return [str(tag) for tag in dict.fromkeys(tags) if tag]


def _fits(repository: Repository, request: Request) -> bool:
    """Whether a repository belongs into the results of a search; the parameters are the Hub's."""
    asked = parse_qsl(request.query)
    filters = [tag for key, value in asked if key in {"filter", "library", "tags"} for tag in value.split(",")]
    filters += [value for key, value in asked if key == "pipeline_tag"]
    words = re.split(r"[\s/]+", request.parameter("search").lower())
    owner = repository.name.partition("/")[0]
    return (
        all(word in repository.name.lower() for word in words)
        and all(tag in _tags(repository) for tag in filters)
        and request.parameter("author", owner) == owner
    )


def _page(request: Request, items: list[dict[str, object]], *headers: tuple[str, str]) -> Answer:
    """Answer with one page of a list; the Link header leads to the next, as on the Hub."""
    try:
        limit = min(int(request.parameter("limit", str(MOST_PER_PAGE))), MOST_PER_PAGE)
        start = int(base64.b64decode(request.parameter("cursor")) or b"0")
    except ValueError:
        return api_error(HTTPStatus.BAD_REQUEST, "Invalid limit or cursor")
    if limit < 1 or start < 0:
        return api_error(HTTPStatus.BAD_REQUEST, "Invalid limit or cursor")
    if start + limit < len(items):
        query = [(key, value) for key, value in parse_qsl(request.query) if key != "cursor"]
        query.append(("cursor", base64.b64encode(str(start + limit).encode()).decode()))
        headers += (("Link", f'<https://{request.host}{request.path}?{urlencode(query)}>; rel="next"'),)
    return json_answer(items[start : start + limit], *headers)

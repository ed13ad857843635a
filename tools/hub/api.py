"""The Hub's JSON API: models, their commits and trees, search, and who a token belongs to."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import PurePosixPath
from urllib.parse import parse_qsl, urlencode

from tools.hub.access import NOT_SIGNED_IN, Access, Visitor
from tools.hub.answers import Answer, Request, api_error, json_answer
from tools.hub.hashes import git_blob_id
from tools.hub.models import CREATED, SORT_KEYS, YES, described_model, expanded, fits, found_model
from tools.hub.repository import Commit, HubFile, Repository

MOST_PER_PAGE = 1000


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
        """Answer a request whose path begins with /api/, with a weak ETag as the Hub's web server makes it."""
        answer = self._answer(request)
        if answer.status != HTTPStatus.OK or not isinstance(answer.body, bytes):
            return answer
        digest = base64.b64encode(hashlib.sha1(answer.body, usedforsecurity=False).digest()).decode()[:27]
        etag = f'W/"{len(answer.body):x}-{digest}"'
        headers = (*answer.headers, ("ETag", etag))
        known = {tag.removeprefix("W/") for tag in re.split(r"\s*,\s*", request.headers.get("if-none-match", ""))}
        if etag.removeprefix("W/") in known:
            return Answer(HTTPStatus.NOT_MODIFIED, headers)
        return Answer(HTTPStatus.OK, headers, answer.body)

    def _answer(self, request: Request) -> Answer:
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
        token = {"displayName": "token", "role": "read", "createdAt": CREATED}
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
            repository
            for name in sorted(self.access.repositories)
            if (repository := self.access.visible(name, visitor)) is not None and fits(repository, request)
        ]
        order = request.parameter("sort")
        if order and order not in SORT_KEYS:
            return api_error(HTTPStatus.BAD_REQUEST, f"Invalid sort parameter: {order}")
        if order:
            # The Hub knows descending order alone.
            found.sort(key=SORT_KEYS[order], reverse=True)
        fields = expanded(request)
        if isinstance(fields, Answer):
            return fields
        full = request.parameter("full") in YES
        return _page(request, [found_model(repository, fields, full=full) for repository in found])

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
        fields = expanded(request)
        if isinstance(fields, Answer):
            return fields
        model = described_model(repository, commit, fields)
        if request.parameter("blobs") in YES and "siblings" in model:
            model["siblings"] = [self._sibling(name, revision, file) for file in commit.files.values()]
        return json_answer(model)

    def _sibling(self, name: str, revision: str, file: HubFile) -> dict[str, object]:
        sibling = {"rfilename": file.path, "size": self._size(name, revision, file), "blobId": file.oid}
        if file.in_lfs:
            sibling["lfs"] = {**self._lfs(name, revision, file), "sha256": file.hashes.sha256}
        return sibling

    def _tree(self, request: Request, name: str, revision: str, folder: str) -> Answer:
        found = self._commit(name, revision, self.access.visitor(request))
        if isinstance(found, Answer):
            return found
        _, commit = found
        recursive = request.parameter("recursive") in YES
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

"""The Hub's files: `resolve`, the redirects it answers with, and the bytes behind them."""

from __future__ import annotations

import hashlib
import re
import secrets
import threading
from dataclasses import dataclass, field
from email.utils import formatdate
from http import HTTPStatus
from urllib.parse import parse_qsl, quote, urlencode

from tools.hub.access import Access
from tools.hub.answers import Answer, FileSlice, Request, file_error, redirect
from tools.hub.faults import Alter, ExtraRedirects, Faults, IgnoreRange, WrongSize
from tools.hub.hashes import git_blob_id
from tools.hub.repository import Commit, HubFile, Repository

CDN_HOST = "cas-bridge.xethub.hf.co"
SECOND_CDN_HOST = "cdn-lfs.hf.co"
LINK_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class Link:
    """What a signed CDN link stands for.

    Attributes:
        file: whose bytes it gives.
        target: the `resolve` path that the client asked for.
    """

    file: HubFile
    target: str


@dataclass(slots=True)
class Files:
    """The part of the Hub that gives files.

    Attributes:
        access: who may see what.
        faults: what goes wrong.
        redirect_small: whether files that are not in LFS are given by a redirect too, as the real Hub does now.
    """

    access: Access
    faults: Faults
    redirect_small: bool
    _links: dict[str, Link] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def expire_links(self) -> None:
        """Make all CDN links that were given out answer 403, as they do after an hour."""
        with self._lock:
            self._links.clear()

    def target(self, request: Request) -> str:
        """Return what a request is about; see `LoggedRequest.target`."""
        if request.host in {CDN_HOST, SECOND_CDN_HOST}:
            link = self._link(request)
            return link.target if link else request.path
        match request.segments:
            case ["api", "resolve-cache", "models", owner, name, sha, *path]:
                # The Hub puts the path that was asked for first into the query of the cached one.
                asked = parse_qsl(request.query, keep_blank_values=True)
                return asked[0][0] if asked else f"/{owner}/{name}/resolve/{sha}/{'/'.join(path)}"
        return request.path

    def announced_size(self, target: str, size: int) -> int:
        """Return the size that metadata tell of a file: the true one, unless a fault says otherwise."""
        struck = self.faults.strike(WrongSize, "huggingface.co", target)
        return size + struck[1].extra if struck else size

    def answer(self, request: Request) -> Answer:
        """Answer a request for a file on any of the hub's names."""
        if request.host in {CDN_HOST, SECOND_CDN_HOST}:
            return self._from_cdn(request)
        match request.segments:
            case ["api", "resolve-cache", "models", owner, name, revision, *path]:
                return self._resolve(request, f"{owner}/{name}", revision, "/".join(path), cached=True)
            case [owner, name, "resolve", revision, *path]:
                return self._resolve(request, f"{owner}/{name}", revision, "/".join(path), cached=False)
            case [owner, name, "raw", revision, *path]:
                return self._raw(request, f"{owner}/{name}", revision, "/".join(path))
        return file_error(HTTPStatus.NOT_FOUND, "Sorry, we can't find the page you are looking for.")

    def _find(
        self, request: Request, name: str, revision: str, path: str
    ) -> tuple[Repository, Commit, HubFile] | Answer:
        repository = self.access.for_files(name, self.access.visitor(request))
        if isinstance(repository, Answer):
            return repository
        commit = repository.commit(revision)
        if commit is None:
            return file_error(HTTPStatus.NOT_FOUND, f"Invalid rev id: {revision}", "RevisionNotFound")
        file = commit.files.get(path)
        if file is None or file.content.stamp() is None:
            missing = file_error(HTTPStatus.NOT_FOUND, "Entry not found", "EntryNotFound")
            return missing.with_headers(("X-Repo-Commit", commit.sha))
        return repository, commit, file

    def _resolve(self, request: Request, name: str, revision: str, path: str, *, cached: bool) -> Answer:
        found = self._find(request, name, revision, path)
        if isinstance(found, Answer):
            return found
        _, commit, file = found
        target = self.target(request)
        size = self.announced_size(target, file.hashes.size)
        headers = (
            ("X-Repo-Commit", commit.sha),
            ("Accept-Ranges", "bytes"),
            ("X-Linked-Size", str(size)),
            ("X-Linked-ETag", file.etag),
        )
        if file.in_lfs:
            xet_hash = hashlib.sha256(b"xet " + file.hashes.sha256.encode()).hexdigest()
            location = self._sign(Link(file, target), name)
            return redirect(HTTPStatus.FOUND, location, *headers, ("X-Xet-Hash", xet_hash))
        if self.redirect_small and not cached:
            query = urlencode({request.path: "", "etag": file.etag})
            location = f"/api/resolve-cache/models/{name}/{commit.sha}/{quote(path)}?{query}"
            return redirect(HTTPStatus.TEMPORARY_REDIRECT, location, *headers)
        return self._content(request, file, target).with_headers(*headers[:1], *headers[2:])

    def _raw(self, request: Request, name: str, revision: str, path: str) -> Answer:
        """Give what git stores: the pointer of an LFS file."""
        found = self._find(request, name, revision, path)
        if isinstance(found, Answer):
            return found
        _, commit, file = found
        commit_header = ("X-Repo-Commit", commit.sha)
        if not file.in_lfs:
            return self._content(request, file, self.target(request)).with_headers(commit_header)
        headers = (("Content-Type", "text/plain; charset=utf-8"), ("ETag", f'"{file.oid}"'), commit_header)
        return Answer(HTTPStatus.OK, headers, file.pointer)

    def _sign(self, link: Link, name: str) -> str:
        """Return a CDN address that gives a file's bytes without a token, for a while."""
        signature = secrets.token_hex(32)
        with self._lock:
            self._links[signature] = link
        path = f"/xet-bridge-us/{git_blob_id(name.encode())[:24]}/{link.file.hashes.sha256}"
        basename = link.file.path.rpartition("/")[2]
        query = urlencode({
            "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
            "X-Amz-Content-Sha256": "UNSIGNED-PAYLOAD",
            "X-Amz-Credential": "cas/local/us-east-1/s3/aws4_request",
            "X-Amz-Expires": str(LINK_SECONDS),
            "X-Amz-Signature": signature,
            "X-Amz-SignedHeaders": "host",
            "response-content-disposition": f"inline; filename*=UTF-8''{quote(basename)}; filename=\"{basename}\";",
            "x-id": "GetObject",
        })  # fmt: skip
        return f"https://{CDN_HOST}{path}?{query}"

    def _link(self, request: Request) -> Link | None:
        with self._lock:
            return self._links.get(request.parameter("X-Amz-Signature"))

    def _from_cdn(self, request: Request) -> Answer:
        link = self._link(request)
        if "authorization" in request.headers:
            return _storage_error(HTTPStatus.BAD_REQUEST, "InvalidArgument", "Only one auth mechanism allowed")
        if link is None or link.file.hashes.sha256 not in request.path:
            return _storage_error(HTTPStatus.FORBIDDEN, "AccessDenied", "Request has expired")
        return self._extra_redirect(request, link) or self._content(request, link.file, link.target)

    def _extra_redirect(self, request: Request, link: Link) -> Answer | None:
        hop = int(request.parameter("hop", "0"))
        if hop == 0:
            struck = self.faults.strike(ExtraRedirects, request.host, link.target)
            left = struck[1].count if struck else 0
        else:
            left = hop - 1
        if left == 0:
            return None
        query = [(key, value) for key, value in parse_qsl(request.query) if key != "hop"] + [("hop", str(left))]
        other = SECOND_CDN_HOST if request.host == CDN_HOST else CDN_HOST
        return redirect(HTTPStatus.FOUND, f"https://{other}{request.path}?{urlencode(query)}")

    def _content(self, request: Request, file: HubFile, target: str) -> Answer:
        """Give a file's bytes, or the part that was asked for."""
        altered = self.faults.strike(Alter, request.host, target) is not None
        etag = f'"altered-{file.etag[1:-1]}"' if altered else file.etag
        basename = file.path.rpartition("/")[2]
        headers: tuple[tuple[str, str], ...] = (
            ("Content-Type", "application/octet-stream" if file.in_lfs else "text/plain; charset=utf-8"),
            ("Content-Disposition", f"inline; filename*=UTF-8''{quote(basename)}; filename=\"{basename}\";"),
            ("Accept-Ranges", "bytes"),
            ("ETag", etag),
            ("Last-Modified", formatdate(_changed(file), usegmt=True)),
        )
        if etag in re.split(r"\s*,\s*", request.headers.get("if-none-match", "")):
            return Answer(HTTPStatus.NOT_MODIFIED, headers)
        size = file.hashes.size
        asked = _range(request.headers.get("range"), size)
        if asked is not None and request.headers.get("if-range", etag) != etag:
            asked = None  # the client's part is of another file: it gets the whole new one
        if asked is not None and self.faults.strike(IgnoreRange, request.host, target) is not None:
            asked = None
        if asked is None:
            return Answer(HTTPStatus.OK, headers, FileSlice(file.content, 0, size, altered))
        start, stop = asked
        if start >= stop:
            text = b"The range is outside of the file."
            return Answer(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, (("Content-Range", f"bytes */{size}"),), text)
        part = ("Content-Range", f"bytes {start}-{stop - 1}/{size}")
        return Answer(
            HTTPStatus.PARTIAL_CONTENT, (*headers, part), FileSlice(file.content, start, stop - start, altered)
        )


def _changed(file: HubFile) -> float:
    """Return when a file was changed, in seconds since 1970."""
    stamp = file.content.stamp()
    return stamp[1] / 1e9 if stamp else 0.0


def _range(header: str | None, size: int) -> tuple[int, int] | None:
    """Return start and stop of the one range that a header asks for, an empty one when it lies outside.

    None when there is no header, or one that a server may ignore: not understood, or several ranges.
    """
    match = re.fullmatch(r"\s*bytes\s*=\s*(\d*)\s*-\s*(\d*)\s*", header or "")
    if match is None or match.group(1) == match.group(2) == "":
        return None
    first, last = match.groups()
    if first == "":
        return (max(0, size - int(last)), size) if int(last) else (size, size)
    if last and int(last) < int(first):
        return None
    return int(first), min(int(last) + 1, size) if last else size


def _storage_error(status: int, code: str, message: str) -> Answer:
    """Answer as the object storage behind the CDN does when it refuses."""
    text = f'<?xml version="1.0" encoding="UTF-8"?><Error><Code>{code}</Code><Message>{message}</Message></Error>'
    return Answer(status, (("Content-Type", "application/xml"),), text.encode())

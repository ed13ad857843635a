"""Model repositories of the local hub: folders seen as commits, as git and LFS would name their files."""

from __future__ import annotations

import hashlib
import json
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from tools.hub.contents import Content, FileContent, Generated
from tools.hub.hashes import FileHashes, HashCache, git_blob_id

# What the Hub's default .gitattributes puts into LFS, as far as models for the browser have it.
LFS_SUFFIXES = frozenset({".onnx", ".onnx_data", ".bin", ".safetensors", ".gguf", ".h5", ".msgpack"})
LFS_FROM_BYTES = 10 << 20
MAIN = "main"

Gated = Literal[False, "auto", "manual"]


@dataclass(frozen=True, slots=True, kw_only=True)
class HubRepository:
    """A folder to serve as a repository.

    Attributes:
        folder: its files are the repository's files; hidden ones are left out. It is never written to. None for a
            repository of generated files alone.
        generated: more files, by path, whose bytes are made while they are sent.
        hosts: shell pattern over the names under which the hub has this repository.
        gated: whether files need an accepted licence; the metadata stays visible to everyone, as on the Hub.
        private: whether the repository exists only for `readers`.
        readers: names of the users who may read it when it is gated or private.
        pipeline_tag: the task, as the Hub names it.
        library_name: the library that the Hub shows.
        tags: more tags; library and task are added.
        downloads: how often it was downloaded in the last month.
        likes: how many people like it.
    """

    folder: Path | None = None
    generated: Mapping[str, Generated] = field(default_factory=dict)
    hosts: str = "*"
    gated: Gated = False
    private: bool = False
    readers: frozenset[str] = frozenset()
    pipeline_tag: str | None = "text-generation"
    library_name: str | None = "transformers.js"
    tags: tuple[str, ...] = ("onnx",)
    downloads: int = 0
    likes: int = 0


@dataclass(frozen=True, slots=True)
class HubFile:
    """One file of one commit.

    Attributes:
        path: inside the repository, with forward slashes.
        content: where its bytes come from.
        hashes: of its content.
    """

    path: str
    content: Content
    hashes: FileHashes

    @property
    def in_lfs(self) -> bool:
        """Whether the Hub would store it in LFS and redirect to its CDN."""
        return self.hashes.size > LFS_FROM_BYTES or Path(self.path).suffix in LFS_SUFFIXES

    @property
    def pointer(self) -> bytes:
        """The LFS pointer that git stores in the file's place."""
        return b"version https://git-lfs.github.com/spec/v1\noid sha256:%s\nsize %d\n" % (
            self.hashes.sha256.encode(),
            self.hashes.size,
        )

    @property
    def oid(self) -> str:
        """Git's blob id: of the content, or of the pointer when the file is in LFS."""
        return git_blob_id(self.pointer) if self.in_lfs else self.hashes.git_sha1

    @property
    def etag(self) -> str:
        """The quoted entity tag, as `resolve` gives it: SHA-256 of LFS files, else git's blob id."""
        return f'"{self.hashes.sha256 if self.in_lfs else self.hashes.git_sha1}"'

    def read(self) -> bytes:
        """Return the whole content; `OSError` when it cannot be read."""
        with closing(self.content.open(0)) as stream:
            return b"".join(iter(lambda: stream.read(1 << 20), b""))


@dataclass(frozen=True, slots=True)
class Commit:
    """A repository's files at one time.

    Attributes:
        sha: forty hexadecimal digits that depend on the paths and contents alone.
        files: by path, sorted.
    """

    sha: str
    files: Mapping[str, HubFile]


@dataclass(slots=True)
class Repository:
    """A served repository: its description, its commits, and the changes that tests made through the hub.

    Thread-safe. Changes lie in a temporary folder over the served one, so files of earlier commits stay readable, as
    on the Hub, while the served folder stays untouched. A folder that is changed directly gives a new commit too, but
    the changed file's earlier content is gone.
    """

    name: str
    description: HubRepository
    hashes: HashCache
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _commits: dict[str, Commit] = field(default_factory=dict)
    _head: tuple[object, Commit] | None = None
    _written: dict[str, Content] = field(default_factory=dict)
    _removed: set[str] = field(default_factory=set)
    _overlay: tempfile.TemporaryDirectory[str] | None = None

    def head(self) -> Commit:
        """Return the commit that `main` names now."""
        with self._lock:
            contents = self._contents()
            state = tuple((path, content.key, content.stamp()) for path, content in contents)
            if self._head is None or self._head[0] != state:
                commit = self._commit(contents)
                self._commits[commit.sha] = commit
                self._head = (state, commit)
            return self._head[1]

    def commit(self, revision: str) -> Commit | None:
        """Return the commit that a branch name or a full commit id names; None when there is none."""
        with self._lock:
            head = self.head()
            return head if revision == MAIN else self._commits.get(revision)

    def write(self, path: str, content: bytes) -> Commit:
        """Replace or add a file in a new commit, which is returned; earlier commits keep what they had."""
        with self._lock:
            self.head()  # what the repository had until now stays reachable by its commit id
            if self._overlay is None:
                self._overlay = tempfile.TemporaryDirectory(prefix="tabagent-hub-")
            blob = Path(self._overlay.name) / hashlib.sha256(content).hexdigest()
            if not blob.exists():
                blob.write_bytes(content)
            return self._put(path, FileContent(blob))

    def generate(self, path: str, content: Generated) -> Commit:
        """Replace or add a generated file in a new commit, which is returned."""
        with self._lock:
            self.head()
            return self._put(path, content)

    def remove(self, path: str) -> Commit:
        """Remove a file in a new commit, which is returned; earlier commits keep it."""
        with self._lock:
            self.head()
            self._written.pop(path, None)
            self._removed.add(path)
            return self.head()

    def close(self) -> None:
        """Delete what was written through the hub."""
        with self._lock:
            if self._overlay is not None:
                self._overlay.cleanup()
                self._overlay = None

    def config(self) -> dict[str, object]:
        """Return the model's config.json, empty when there is none that can be read."""
        file = self.head().files.get("config.json")
        try:
            config = json.loads(file.read()) if file else {}
        except (OSError, ValueError):
            return {}
        return config if isinstance(config, dict) else {}

    def _put(self, path: str, content: Content) -> Commit:
        self._written[path] = content
        self._removed.discard(path)
        return self.head()

    def _contents(self) -> list[tuple[str, Content]]:
        found: dict[str, Content] = dict(_visible_files(self.description.folder))
        found.update(self.description.generated)
        found.update(self._written)
        return sorted(((path, found[path]) for path in found if path not in self._removed), key=lambda each: each[0])

    def _commit(self, contents: list[tuple[str, Content]]) -> Commit:
        files = {path: HubFile(path, content, self.hashes.of(content)) for path, content in contents}
        digest = hashlib.sha1(usedforsecurity=False)
        for file in files.values():
            digest.update(f"{file.path}\0{file.hashes.sha256}\n".encode())
        return Commit(digest.hexdigest(), files)


def _visible_files(folder: Path | None) -> Iterator[tuple[str, Content]]:
    if folder is None:
        return
    for blob in folder.rglob("*"):
        relative = blob.relative_to(folder)
        if blob.is_file() and not any(part.startswith(".") for part in relative.parts):
            yield relative.as_posix(), FileContent(blob)

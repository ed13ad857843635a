"""Models in the database as earlier versions left them.

Three shapes lie in the store `files` of `TabAgentModels` (versions 1 to 3):

- chunked files of TabAgent: `{repo}/{path}_chunk_{i}` with a Blob of 100 MiB, and `{repo}/{path}:manifest`, whose
  fields are the record's own or JSON in its Blob;
- whole files of TabAgent: the file's address (`https://huggingface.co/{repo}/resolve/{revision}/{path}`) with a Blob;
- chunked files of this project's first form: as TabAgent's, with an `ArrayBuffer` of 8 MiB in `data`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from tabagent.ports.buffers import ByteBuffer
from tabagent.specs import FileKey


@dataclass(frozen=True, slots=True, kw_only=True)
class LegacyFile:
    """A file that is whole as far as its own record and its chunks' sizes can tell.

    Attributes:
        revision: Commit that it belongs to; empty when unknown.
    """

    key: FileKey
    size: int
    revision: str = ""


class LegacyProfile(Protocol):
    """Reads what is there, and deletes what has been taken over."""

    async def files(self) -> tuple[LegacyFile, ...]:
        """Return the files that are whole, ordered by repository and path.

        Of a file that is there in several shapes, the chunked one counts before a whole one, and that of the main
        revision before one of another. Files that are not whole are left as they are.
        """

    async def tasks(self) -> dict[str, str]:
        """Return the task of each repository that an old manifest knows."""

    async def read(self, file: LegacyFile, offset: int, length: int) -> ByteBuffer:
        """Return bytes of one of `files`, without loading the rest of it.

        Raises:
            StorageError: They are not there.
        """

    async def delete(self, file: LegacyFile) -> None:
        """Delete a file in every shape in which it is there."""

    async def delete_all(self, repo: str | None = None) -> None:
        """Delete the files of a repository, or of all, whole or not; everything else stays."""

    async def token(self) -> str | None:
        """Return the access token that TabAgent kept in clear text, or None."""

    async def delete_token(self) -> None:
        """Delete that token."""

"""Who may see what: tokens, private and gated repositories, and the Hub's words when it says no."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from http import HTTPStatus

from tools.hub.answers import Answer, Request, api_error, file_error
from tools.hub.repository import Repository

REJECTED = "Invalid credentials in Authorization header"
NOT_SIGNED_IN = "Invalid username or password."


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who asks.

    Attributes:
        name: the user; None for someone without a token.
        rejected: whether a token was sent that the Hub does not know.
        host: the name of the hub that was asked.
    """

    name: str | None
    rejected: bool = False
    host: str = "huggingface.co"


@dataclass(frozen=True, slots=True)
class Access:
    """The repositories and the users of a hub.

    Attributes:
        repositories: by name.
        tokens: user names by access token; tests and OAuth add to it and take away.
    """

    repositories: Mapping[str, Repository]
    tokens: dict[str, str]

    def visitor(self, request: Request) -> Visitor:
        """Return who sent a request, by its bearer token."""
        header = request.headers.get("authorization")
        if header is None:
            return Visitor(None, host=request.host)
        scheme, _, token = header.partition(" ")
        name = self.tokens.get(token.strip()) if scheme.lower() == "bearer" else None
        return Visitor(name, rejected=name is None, host=request.host)

    def visible(self, name: str, visitor: Visitor) -> Repository | None:
        """Return a repository whose metadata the visitor may see; None when there is none for them."""
        repository = self.repositories.get(name)
        if repository is None or not fnmatchcase(visitor.host, repository.description.hosts):
            return None
        if repository.description.private and not _reads(repository, visitor):
            return None
        return repository

    def for_api(self, name: str, visitor: Visitor) -> Repository | Answer:
        """Return a repository for its metadata, or the refusal.

        Gated repositories show their metadata to everyone. Without a token, the real Hub does not tell a repository
        that does not exist from a private one, and sends no X-Error-Code.
        """
        if visitor.rejected:
            return api_error(HTTPStatus.UNAUTHORIZED, REJECTED)
        repository = self.visible(name, visitor)
        if repository is not None:
            return repository
        if visitor.name is None:
            return api_error(HTTPStatus.UNAUTHORIZED, NOT_SIGNED_IN)
        return api_error(HTTPStatus.NOT_FOUND, "Repository not found", "RepoNotFound")

    def for_files(self, name: str, visitor: Visitor) -> Repository | Answer:
        """Return a repository for its files, or the refusal."""
        if visitor.rejected:
            return file_error(HTTPStatus.UNAUTHORIZED, REJECTED)
        repository = self.visible(name, visitor)
        if repository is None:
            if visitor.name is None:
                return file_error(HTTPStatus.UNAUTHORIZED, NOT_SIGNED_IN, "RepoNotFound")
            return file_error(HTTPStatus.NOT_FOUND, "Repository not found", "RepoNotFound")
        if repository.description.gated and not _reads(repository, visitor):
            return _gated(name, visitor)
        return repository


def _gated(name: str, visitor: Visitor) -> Answer:
    if visitor.name is None:
        message = (
            f"Access to model {name} is restricted. You must have access to it and be authenticated to access it. "
            "Please log in."
        )
        return file_error(HTTPStatus.UNAUTHORIZED, message, "GatedRepo")
    message = (
        f"Access to model {name} is restricted and you are not in the authorized list. "
        f"Visit https://huggingface.co/{name} to ask for access."
    )
    return file_error(HTTPStatus.FORBIDDEN, message, "GatedRepo")


def _reads(repository: Repository, visitor: Visitor) -> bool:
    return visitor.name in repository.description.readers

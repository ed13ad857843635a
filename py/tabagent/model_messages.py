"""Payloads of the requests about models, accounts, hubs and settings; the others are in `tabagent.messages`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from tabagent.errors import JsonObject, JsonValue
from tabagent.specs import Device, Dtype


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchModels:
    """Look for models on the hub.

    Attributes:
        query: Words of the repository's name; empty for the most popular.
        limit: Models at most.
    """

    query: str
    limit: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DownloadModel:
    """Bring a model's files into the store, or go on where a download stopped.

    Attributes:
        dtype, device: As of `LoadModel`.
    """

    model_id: str
    dtype: Dtype | None
    device: Device | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredModel:
    """Names what is stored, or being stored: a model, or one dtype of it.

    Attributes:
        dtype: None for all dtypes.
    """

    model_id: str
    dtype: Dtype | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportModels:
    """Make one file of stored models.

    Attributes:
        model_ids: Which; empty for all.
        settings: What the page wants to find again in the import, as plain JSON.
    """

    model_ids: tuple[str, ...]
    settings: JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenFile:
    """A file that the person gave to a page.

    Attributes:
        path: Name, or path inside the folder that was given.
        address: A `blob:` address of the extension's own under which the page lends it.
        size: Bytes.
    """

    path: str
    address: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportModels:
    """Take an export in, or the files of a repository.

    Attributes:
        model_id: Names the files of a repository; empty for an export, which has its names inside.
    """

    files: tuple[GivenFile, ...]
    model_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BeginOauthLogin:
    """Make the address of the hub's sign-in page.

    Attributes:
        redirect_uri: `chrome.identity.getRedirectURL()` of the page that opens it.
    """

    redirect_uri: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HuggingFaceLogin:
    """Log in with a token, or with the address that the sign-in page ended at; exactly one is not empty."""

    token: str
    redirected_to: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSourceSelection:
    """Add or forget a hub.

    Attributes:
        source: Base address of a Hub-compatible server, `https://…`; the page has asked for its permission.
        remove: Forget it instead.
    """

    source: str
    remove: bool


class SettingsScope(StrEnum):
    """What settings are about."""

    GLOBAL = "global"
    MODEL = "model"
    RESOURCES = "resources"
    APPEARANCE = "appearance"


@dataclass(frozen=True, slots=True, kw_only=True)
class GetSettings:
    """Tell all settings.

    Attributes:
        model_id, dtype: Whose own settings are told as well; None for no model's.
    """

    model_id: str | None
    dtype: Dtype | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SaveSettings:
    """Change settings.

    Attributes:
        model_id, dtype: Of the scope `MODEL`; None in the others.
        values: By their names, checked; None goes back to the default. What is not named stays.
        reset: All go back to their defaults first.
    """

    scope: SettingsScope
    model_id: str | None
    dtype: Dtype | None
    values: Mapping[str, JsonValue]
    reset: bool

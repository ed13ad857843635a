"""Decodes the requests about stored models, accounts and hubs; the rest is in `tabagent.codec`."""

from __future__ import annotations

from typing import cast

from tabagent.codec import Fields, model_id
from tabagent.errors import BadRequest, JsonObject
from tabagent.model_messages import (
    BeginOauthLogin,
    DownloadModel,
    ExportModels,
    GivenFile,
    HuggingFaceLogin,
    ImportModels,
    ModelSourceSelection,
    SearchModels,
    StoredModel,
)
from tabagent.specs import Device, Dtype

MAX_QUERY_CHARACTERS = 200
MAX_RESULTS = 50
MAX_FILES = 10_000
MAX_ADDRESS_CHARACTERS = 8_000
# Far beyond any model; sizes above it are nonsense.
MAX_FILE_BYTES = 1 << 50


def decode_search_models(payload: JsonObject) -> SearchModels:
    """Decode SEARCH_MODELS; without words it asks for the most popular models."""
    read = Fields(payload)
    query = read.text("query", default="", limit=MAX_QUERY_CHARACTERS) if payload.get("query") != "" else ""
    return SearchModels(query=query.strip(), limit=read.integer("limit", 10, 1, MAX_RESULTS))


def decode_download_model(payload: JsonObject) -> DownloadModel:
    """Decode DOWNLOAD_MODEL; `dtype` and `device` may be absent or "auto"."""
    read = Fields(payload)
    return DownloadModel(
        model_id=model_id(read), dtype=read.choice("dtype", Dtype), device=read.choice("device", Device)
    )


def decode_stored_model(payload: JsonObject) -> StoredModel:
    """Decode PAUSE_DOWNLOAD, CANCEL_DOWNLOAD, CHECK_MODEL and DELETE_MODEL; without a dtype all are meant."""
    read = Fields(payload)
    return StoredModel(model_id=model_id(read), dtype=read.choice("dtype", Dtype))


def decode_export_models(payload: JsonObject) -> ExportModels:
    """Decode EXPORT_MODELS."""
    ids, settings = payload.get("modelIds", []), payload.get("settings")
    if not isinstance(ids, list) or len(ids) > MAX_FILES:
        raise BadRequest("modelIds must be a list of models; empty for all.", field="modelIds")
    if settings is not None and not isinstance(settings, dict):
        raise BadRequest("settings must be an object.", field="settings")
    return ExportModels(
        model_ids=tuple(model_id(Fields({"modelIds": item}), "modelIds") for item in ids), settings=settings or {}
    )


def decode_import_models(payload: JsonObject) -> ImportModels:
    """Decode IMPORT_MODELS; addresses must be `blob:` ones, which only the extension's own pages can make.

    `tabagent.models.transfer` checks that they are this extension's.
    """
    items = payload.get("files")
    if not isinstance(items, list) or not items or len(items) > MAX_FILES:
        raise BadRequest(f"files must be a list of 1 to {MAX_FILES:,} files.", field="files")
    name = payload.get("modelId")
    return ImportModels(
        files=tuple(_given_file(item, index) for index, item in enumerate(items)),
        model_id=model_id(Fields(payload)) if name not in (None, "") else "",
    )


def _given_file(item: object, index: int) -> GivenFile:
    if not isinstance(item, dict):
        raise BadRequest(f"files[{index}] must be an object with path, address and size.", field="files")
    read = Fields(cast(JsonObject, item))
    address = read.text("address", limit=MAX_ADDRESS_CHARACTERS)
    if not address.startswith("blob:chrome-extension://"):
        raise BadRequest(f"files[{index}].address must be a blob: address of the extension.", field="files")
    return GivenFile(
        path=read.text("path", limit=2000), address=address, size=read.integer("size", -1, 0, MAX_FILE_BYTES)
    )


def decode_huggingface_login(payload: JsonObject) -> HuggingFaceLogin:
    """Decode HUGGINGFACE_LOGIN; a refusal never repeats the token."""
    values = [payload.get(name) or "" for name in ("token", "redirectedTo")]
    token, redirected_to = (value.strip() if isinstance(value, str) else "" for value in values)
    if bool(token) == bool(redirected_to) or max(len(token), len(redirected_to)) > MAX_ADDRESS_CHARACTERS:
        raise BadRequest("HUGGINGFACE_LOGIN needs a token, or the address that the sign-in ended at.", field="token")
    return HuggingFaceLogin(token=token, redirected_to=redirected_to)


def decode_begin_oauth_login(payload: JsonObject) -> BeginOauthLogin:
    """Decode BEGIN_OAUTH_LOGIN."""
    address = Fields(payload).text("redirectUri", limit=MAX_ADDRESS_CHARACTERS)
    if not address.startswith("https://") or ".chromiumapp.org/" not in address:
        raise BadRequest("redirectUri must be chrome.identity.getRedirectURL().", field="redirectUri")
    return BeginOauthLogin(redirect_uri=address)


def decode_model_source(payload: JsonObject) -> ModelSourceSelection:
    """Decode MODEL_SOURCE_SELECTION."""
    read = Fields(payload)
    return ModelSourceSelection(source=read.text("source", limit=2000), remove=read.switch("remove", default=False))

"""What the Hub's API tells about a model, in search results and alone, and which models a search finds.

Field names: `huggingface_hub.hf_api.ExpandModelProperty_T` and `@huggingface/hub`'s `MODEL_EXPANDABLE_KEYS`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from http import HTTPStatus
from urllib.parse import parse_qsl

from tools.hub.answers import Answer, Request, api_error
from tools.hub.hashes import git_blob_id
from tools.hub.repository import Commit, Repository

CREATED = "2024-10-31T13:30:32.000Z"
YES = frozenset({"1", "true", "True"})

# What `expand` may name. A model without one of them, such as weights in safetensors, answers without that field.
EXPANDABLE = frozenset({
    "author", "baseModels", "cardData", "childrenModelCount", "config", "createdAt", "disabled", "downloads",
    "downloadsAllTime", "evalResults", "gated", "gguf", "inference", "inferenceProviderMapping", "lastModified",
    "library_name", "likes", "mask_token", "model-index", "pipeline_tag", "private", "resourceGroup", "safetensors",
    "sha", "siblings", "spaces", "tags", "transformersInfo", "trendingScore", "usedStorage", "widgetData", "xetEnabled",
})  # fmt: skip
_IN_RESULTS = (
    "likes", "trendingScore", "private", "downloads", "tags", "pipeline_tag", "library_name", "createdAt",
)  # fmt: skip
_IN_FULL_RESULTS = (*_IN_RESULTS, "author", "gated", "lastModified", "sha", "siblings")
_ALONE = (
    "author", "cardData", "config", "createdAt", "disabled", "downloads", "gated", "lastModified", "library_name",
    "likes", "pipeline_tag", "private", "sha", "siblings", "spaces", "tags", "usedStorage",
)  # fmt: skip

SORT_KEYS: Mapping[str, Callable[[Repository], int | str]] = {
    "downloads": lambda repository: repository.description.downloads,
    "likes": lambda repository: repository.description.likes,
    "trendingScore": lambda repository: repository.description.likes,
    "createdAt": lambda repository: CREATED,
    "lastModified": lambda repository: CREATED,
}


def expanded(request: Request) -> frozenset[str] | Answer | None:
    """Return the fields that a request names, None when it names none, or the refusal of one that does not exist."""
    fields = frozenset(value for key, value in parse_qsl(request.query) if key in {"expand", "expand[]"})
    if unknown := sorted(fields - EXPANDABLE):
        return api_error(HTTPStatus.BAD_REQUEST, f'"expand" must be one of the known fields, not {", ".join(unknown)}')
    return fields or None


def found_model(repository: Repository, fields: frozenset[str] | None, *, full: bool) -> dict[str, object]:
    """Return a model as a search result: with the fields that were asked for, or the Hub's choice."""
    if fields is not None:
        return _identity(repository) | _pick(repository, repository.head(), fields)
    usual = _IN_FULL_RESULTS if full else _IN_RESULTS
    return _identity(repository) | _pick(repository, repository.head(), usual) | {"modelId": repository.name}


def described_model(repository: Repository, commit: Commit, fields: frozenset[str] | None) -> dict[str, object]:
    """Return a model that was asked for by name: with the fields that were asked for, or nearly all."""
    if fields is not None:
        return _identity(repository) | _pick(repository, commit, fields)
    return _identity(repository) | {"modelId": repository.name} | _pick(repository, commit, _ALONE)


def fits(repository: Repository, request: Request) -> bool:
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


def _identity(repository: Repository) -> dict[str, object]:
    return {"_id": git_blob_id(repository.name.encode())[:24], "id": repository.name}


def _pick(repository: Repository, commit: Commit, names: frozenset[str] | tuple[str, ...]) -> dict[str, object]:
    fields = _fields(repository, commit)
    return {name: fields[name] for name in fields if name in names and fields[name] is not None}


def _fields(repository: Repository, commit: Commit) -> dict[str, object]:
    described = repository.description
    config = repository.config()
    return {
        "author": repository.name.partition("/")[0],
        "cardData": {"license": "apache-2.0"},
        "config": {key: config.get(key) for key in ("architectures", "model_type")},
        "createdAt": CREATED,
        "disabled": False,
        "downloads": described.downloads,
        "downloadsAllTime": described.downloads,
        "gated": described.gated,
        "lastModified": CREATED,
        "library_name": described.library_name,
        "likes": described.likes,
        "pipeline_tag": described.pipeline_tag,
        "private": described.private,
        "sha": commit.sha,
        "siblings": [{"rfilename": path} for path in commit.files],
        "spaces": [],
        "tags": _tags(repository),
        "trendingScore": described.likes,
        "usedStorage": sum(file.hashes.size for file in commit.files.values()),
    }


def _tags(repository: Repository) -> list[str]:
    described = repository.description
    tags = [described.library_name, *described.tags, repository.config().get("model_type"), described.pipeline_tag]
    return [str(tag) for tag in dict.fromkeys(tags) if tag]

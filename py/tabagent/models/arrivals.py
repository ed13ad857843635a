"""Files that come otherwise than from a hub: from an old profile, an export, a folder.

Their names were written by others and are checked; their place in the manifest follows from the names.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

from tabagent.errors import JsonObject, NoOnnxFiles
from tabagent.models.manifest import by_path, holds
from tabagent.models.quants import entry_from_listing
from tabagent.models.store import ModelStore
from tabagent.specs import ManifestEntry, ModelFile, Quant, QuantStatus, RepositoryListing

TASK = "text-generation"

_SEGMENT = r"[A-Za-z0-9_][A-Za-z0-9._\-]{0,95}"
# owner/name, or host/owner/name; the host may have a port.
_MODEL_ID = re.compile(rf"(?:[a-z0-9][a-z0-9.\-]{{0,252}}(?::\d{{1,5}})?/)?{_SEGMENT}/{_SEGMENT}")
_LONGEST_PATH = 500
_REVISION = re.compile(r"[A-Za-z0-9._\-]{0,128}")


def is_model_id(text: str) -> bool:
    """Tell whether a text has the form of a model's id, `owner/name` or `host/owner/name`."""
    return _MODEL_ID.fullmatch(text) is not None


def is_inner_path(path: str) -> bool:
    """Tell whether a path, with `/`, names a file inside of what it is relative to, and nothing else."""
    return (
        0 < len(path) <= _LONGEST_PATH
        and "\\" not in path
        and path.isprintable()
        and all(segment not in ("", ".", "..") for segment in path.split("/"))
    )


def is_revision(text: str) -> bool:
    """Tell whether a text can be a commit's name, or is empty."""
    return _REVISION.fullmatch(text) is not None


def expected_data_files(config: JsonObject, graph: str) -> int:
    """Return how many external data files a graph needs, by the model's `config.json`.

    As transformers.js 4.3 reads `use_external_data_format` (`resolveExternalDataFormat` in its utils/model-loader.js).
    """
    own = config.get("transformers.js_config")
    setting = own.get("use_external_data_format") if isinstance(own, dict) else None
    name = graph.rpartition("/")[2]
    if isinstance(setting, dict):
        setting = setting.get(name, setting.get("model"))
    return int(setting) if isinstance(setting, int | float) else 0


def loadable_entry(
    repo: str, commit: str, task: str, files: Iterable[ModelFile], config: JsonObject
) -> ManifestEntry | None:
    """Return the entry of a repository of which there are just these files, or None when no dtype of it is complete."""
    try:
        entry = entry_from_listing(RepositoryListing(repo=repo, commit=commit, task=task, files=tuple(files)))
    except NoOnnxFiles:
        return None
    quants = tuple(quant for quant in entry.quants if len(quant.weights) > expected_data_files(config, quant.onnx_path))
    return replace(entry, quants=quants) if quants else None


async def take_into_manifest(store: ModelStore, arrived: ManifestEntry) -> None:
    """Make a repository's entry name what has arrived, whatever else is known of it.

    What is known from a hub stays as long as the files turn out to be those that it names: then the model is pinned to
    a commit and can be repaired. Else dtypes that are stored keep their place beside those that arrived.

    Args:
        store: Which has the files, or some of them.
        arrived: All files that are to come.
    """
    known = await store.entry(arrived.repo)
    if known is None:
        await store.put_entry(arrived)
        return
    # This finds the digests of what has arrived, in the kinds that the hub tells.
    known = await store.put_entry(known)
    records = by_path(await store.records(arrived.repo))
    named = _files(known)
    here = [path for path in _files(arrived) if path in records and records[path].whole]
    named_so = all(path in named and holds(records[path], named[path], known.commit) for path in here)
    if not named_so or any(known.quant(quant.dtype) is None for quant in arrived.quants):
        await store.put_entry(_beside(known, arrived))


def _files(entry: ManifestEntry) -> dict[str, ModelFile]:
    return {file.path: file for quant in entry.quants for file in entry.files_of(quant)}


def _downloaded(quant: Quant | None) -> bool:
    return quant is not None and quant.status is QuantStatus.DOWNLOADED


def _beside(known: ManifestEntry, arrived: ManifestEntry) -> ManifestEntry:
    """Return the entry of what arrived and of what was there."""
    stored = [quant for quant in known.quants if _downloaded(quant)]
    # What is known of dtypes that are not stored is of use only for the same commit.
    staying = known.quants if known.commit == arrived.commit else tuple(stored)
    if not staying:
        return arrived
    here: Mapping[str, ModelFile] = {file.path: file for quant in stored for file in known.files_of(quant)}
    fresh = {quant.dtype: _preferring(here, quant) for quant in arrived.quants}
    old = {quant.dtype: quant for quant in staying}
    common = {file.path: file for file in (*arrived.common, *known.common)}
    if not stored:
        common |= {file.path: file for file in arrived.common}
    return replace(
        known,
        common=tuple(common.values()),
        quants=tuple((old | fresh).values()),
    )


def _preferring(here: Mapping[str, ModelFile], quant: Quant) -> Quant:
    return replace(quant, weights=tuple(here.get(file.path, file) for file in quant.weights))

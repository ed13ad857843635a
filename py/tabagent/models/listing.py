"""What the panel's model picker shows: suggested and known models, with sizes and states on this machine."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from tabagent.codec import encode_event
from tabagent.errors import JsonObject, JsonValue, TabAgentError
from tabagent.messages import DownloadProgress
from tabagent.models.catalog import SUGGESTED_MODELS, title_of
from tabagent.models.manifest import Records, by_path, same_content, stored_bytes
from tabagent.models.quants import best_device, recommend, unsupported_reason
from tabagent.sentences import Said, Sentence, error_said, said_to_wire
from tabagent.specs import DeviceReport, Dtype, FileRecord, ManifestEntry, ModelFile, Quant, QuantStatus

TransferOf = Callable[[str, Dtype], DownloadProgress | None]


def models_view(
    entries: Iterable[ManifestEntry],
    records: Iterable[FileRecord],
    report: DeviceReport,
    transfer_of: TransferOf,
    contexts: Mapping[str, int | None],
) -> list[JsonObject]:
    """Return suggested models in their order, then the others that the store knows.

    Args:
        entries: Of the store.
        records: Of the store.
        report: What this machine computes with.
        transfer_of: Gives the last progress of a download that is open.
        contexts: Tokens that a model can attend to, by repository, where that is known.
    """
    known = {entry.repo: entry for entry in entries}
    stored: dict[str, list[FileRecord]] = {}
    for record in records:
        stored.setdefault(record.key.repo, []).append(record)
    suggested = [model.repo for model in SUGGESTED_MODELS]
    others = sorted(repo for repo in known if repo not in suggested)
    return [
        model_view(known[repo], stored.get(repo, ()), report, transfer_of, contexts.get(repo))
        if repo in known
        else unknown_view(repo)
        for repo in [*suggested, *others]
    ]


def model_view(
    entry: ManifestEntry,
    records: Iterable[FileRecord],
    report: DeviceReport,
    transfer_of: TransferOf,
    context: int | None,
) -> JsonObject:
    """Return one model as LIST_MODELS and INSPECT_MODEL answer it."""
    best = recommend(entry, best_device(report), report)
    reason = best.reason if best else _why_none(entry, report)
    by = by_path(records)
    return {
        "modelId": entry.repo,
        "title": title_of(entry.repo),
        "task": entry.task,
        "commit": entry.commit or None,
        "newer": entry.newer or None,
        "contextLength": context,
        "suggested": any(model.repo == entry.repo for model in SUGGESTED_MODELS),
        "recommendedDtype": str(best.dtype) if best else None,
        "recommendedReason": str(reason),
        "recommendedReasonSaid": said_to_wire(reason),
        "dtypes": [_quant_view(entry, quant, by, report, transfer_of) for quant in entry.quants],
    }


def _quant_view(
    entry: ManifestEntry, quant: Quant, records: Records, report: DeviceReport, transfer_of: TransferOf
) -> JsonObject:
    status, reason = quant.status, quant.reason or None
    unsupported = unsupported_reason(quant, best_device(report), report)
    if unsupported is not None and status is not QuantStatus.DOWNLOADED:
        status, reason = QuantStatus.UNSUPPORTED, unsupported
    transfer = transfer_of(entry.repo, quant.dtype)
    return {
        "dtype": str(quant.dtype),
        "status": str(status),
        "size": quant.size,
        "stored": stored_bytes(entry, quant, records),
        "reason": reason and str(reason),
        "reasonSaid": said_to_wire(reason),
        "lastUsed": quant.last_used,
        "files": [_file_view(entry, file, records) for file in entry.files_of(quant)],
        "transfer": encode_event(transfer)["payload"] if transfer is not None else None,
    }


def _file_view(entry: ManifestEntry, file: ModelFile, records: Records) -> JsonValue:
    record = records.get(file.path)
    known = record is not None and same_content(record, file, entry.commit)
    return {"file": file.path, "size": file.size, "stored": record.stored_bytes if record is not None and known else 0}


def _why_none(entry: ManifestEntry, report: DeviceReport) -> Said:
    reasons = [unsupported_reason(quant, best_device(report), report) for quant in entry.quants]
    return Sentence.NONE_RUNS.said(reason=next(filter(None, reasons), Sentence.UNKNOWN_KINDS.said()))


def unknown_view(repo: str, problem: TabAgentError | None = None) -> JsonObject:
    """Return a model of which the files are not known, with the problem that they cannot be known for."""
    reason = error_said(problem) if problem is not None else Sentence.CHOSEN_LATER.said()
    return {
        "modelId": repo,
        "title": title_of(repo),
        "task": "text-generation",
        "commit": None,
        "newer": None,
        "contextLength": None,
        "suggested": any(model.repo == repo for model in SUGGESTED_MODELS),
        "recommendedDtype": None,
        "recommendedReason": str(reason),
        "recommendedReasonSaid": said_to_wire(reason),
        "dtypes": [],
    }

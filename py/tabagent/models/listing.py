"""What the panel's model picker shows: suggested and known models, with sizes and states on this machine."""

from __future__ import annotations

from tabagent.errors import JsonObject
from tabagent.models.catalog import SUGGESTED_MODELS, title_of
from tabagent.models.quants import best_device, recommend, unsupported_reason
from tabagent.specs import DeviceReport, ManifestEntry, Quant, QuantStatus


def models_view(entries: tuple[ManifestEntry, ...], report: DeviceReport) -> list[JsonObject]:
    """Return suggested models in their order, then the others that the store knows."""
    known = {entry.repo: entry for entry in entries}
    suggested = [model.repo for model in SUGGESTED_MODELS]
    others = sorted(repo for repo in known if repo not in suggested)
    return [model_view(known[repo], report) if repo in known else _unknown_view(repo) for repo in [*suggested, *others]]


def model_view(entry: ManifestEntry, report: DeviceReport) -> JsonObject:
    """Return one model as LIST_MODELS and INSPECT_MODEL answer it."""
    best = recommend(entry, best_device(report), report)
    return {
        "modelId": entry.repo,
        "title": title_of(entry.repo),
        "task": entry.task,
        "commit": entry.commit,
        "suggested": any(model.repo == entry.repo for model in SUGGESTED_MODELS),
        "recommendedDtype": str(best.dtype) if best else None,
        "recommendedReason": best.reason if best else "none of its weights run on this machine",
        "dtypes": [_quant_view(quant, report) for quant in entry.quants],
    }


def _quant_view(quant: Quant, report: DeviceReport) -> JsonObject:
    status, reason = quant.status, quant.reason or None
    unsupported = unsupported_reason(quant.dtype, best_device(report), report)
    if unsupported is not None and status is not QuantStatus.DOWNLOADED:
        status, reason = QuantStatus.UNSUPPORTED, unsupported
    return {"dtype": str(quant.dtype), "status": str(status), "size": quant.size, "reason": reason}


def _unknown_view(repo: str) -> JsonObject:
    return {
        "modelId": repo,
        "title": title_of(repo),
        "task": "text-generation",
        "commit": None,
        "suggested": True,
        "recommendedDtype": None,
        "recommendedReason": "chosen for this machine when the model is loaded",
        "dtypes": [],
    }

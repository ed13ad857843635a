"""Which entries are asked for."""

from __future__ import annotations

import json
from collections.abc import Sequence

from tabagent.log_messages import LogEntry, LogFilters


def matching(entries: Sequence[LogEntry], filters: LogFilters) -> list[LogEntry]:
    """Return the entries that fit, in their order; `limit` is the caller's."""
    words = filters.text.casefold()
    return [entry for entry in entries if _fits(entry, filters) and (not words or words in _text(entry))]


def _fits(entry: LogEntry, filters: LogFilters) -> bool:
    return (
        (not filters.levels or entry.level in filters.levels)
        and (not filters.components or any(_is_part(entry.component, whole) for whole in filters.components))
        and filters.session_id in ("", entry.extension_session_id)
        and filters.correlation_id in ("", entry.correlation_id)
        and (not filters.before or entry.id < filters.before)
        and entry.id > filters.after
    )


def _is_part(component: str, whole: str) -> bool:
    return component == whole or component.startswith(f"{whole}.")


def _text(entry: LogEntry) -> str:
    details = json.dumps(entry.details, ensure_ascii=False) if entry.details else ""
    return f"{entry.message}\n{entry.component}\n{details}".casefold()

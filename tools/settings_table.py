"""`python3 -m tools.settings_table`: write the tables of docs/settings.md from the declaration of the settings."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from tools.environment import ToolError, run_tool

ROOT = Path(__file__).resolve().parent.parent
DOCUMENT = ROOT / "docs" / "settings.md"


def main() -> None:
    """Write the tables anew."""
    DOCUMENT.write_text(with_tables(DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")
    print(DOCUMENT)


def with_tables(document: str) -> str:
    """Return the document with its tables made anew; what is between them stays.

    Raises:
        ToolError: A table's place is missing.
    """
    for name, table in tables().items():
        begin, end = f"<!-- {name}: made by `python3 -m tools.settings_table` -->\n", f"<!-- end of {name} -->"
        before, found, rest = document.partition(begin)
        _, closed, after = rest.partition(end)
        if not found or not closed:
            raise ToolError(f"{DOCUMENT} has no place for the table {name!r}: {begin.strip()} … {end}")
        document = f"{before}{begin}\n{table}\n{end}{after}"
    return document


def tables() -> dict[str, str]:
    """Return each table by its name."""
    parameters = _declaration()
    rows, resources = parameters.schema(), parameters.schema(parameters.ResourceSettings)
    working = [row for row in rows if not row["refused"]]
    fixed = [row for row in rows if row["refused"]]
    return {
        "settings": _table(
            ("setting", "takes", "default", "what it does", "from"),
            (
                (f"`{row['name']}`", _takes(row), _shown(row["default"]), _cell(row["meaning"]), row["source"])
                for row in working
            ),
        ),
        "fixed settings": _table(
            ("setting", "the one value", "what it is", "why no other", "from"),
            (
                (
                    f"`{row['name']}`",
                    _shown(row["default"]),
                    _cell(row["meaning"]),
                    _cell(row["refused"]),
                    row["source"],
                )
                for row in fixed
            ),
        ),
        "resource settings": _table(
            ("setting", "takes", "default", "what it does"),
            _short_rows(resources),
        ),
        "appearance settings": _table(
            ("setting", "takes", "default", "what it does"),
            _short_rows(parameters.schema(parameters.AppearanceSettings)),
        ),
    }


def _short_rows(schema: Iterable[Mapping[str, Any]]) -> Iterable[Iterable[str]]:
    return ((f"`{row['name']}`", _takes(row), _shown(row["default"]), _cell(row["meaning"])) for row in schema)


def _declaration() -> Any:
    """Import `tabagent.parameters`, which has no dependency, from the source."""
    sys.path.insert(0, str(ROOT / "py"))
    try:
        from tabagent import parameters
    finally:
        sys.path.pop(0)
    return parameters


def _table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = [*heads]
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|", *(f"| {' | '.join(row)} |" for row in rows)]
    return "".join(f"{line}\n" for line in lines)


def _takes(row: Mapping[str, Any]) -> str:
    """Return type and range in words."""
    if row["choices"]:
        return ", ".join(row["choices"])
    text = _ranged(row) if row["high"] is not None else _TYPES[row["type"]]
    if row["limit"] is not None:
        text += f", {row['limit']:,} characters at most"
    return f"{text}, null" if row["nullable"] else text


_TYPES = {
    "boolean": "true, false",
    "text": "text",
    "texts": "list of texts",
    "token": "token id",
    "tokens": "token id, or list of them",
    "token sequences": "list of lists of token ids",
    "decay": "[start, factor]",
    "object": "object",
}


def _ranged(row: Mapping[str, Any]) -> str:
    kind = "" if row["type"] == "number" else "whole, "
    return f"{kind}{'over ' if row['aboveLow'] else ''}{row['low']:,} to {row['high']:,}"


def _shown(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return f"`{json.dumps(value, ensure_ascii=False)}`"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    run_tool(main)

"""The tables of docs/settings.md."""

from __future__ import annotations

import pytest

from tabagent.parameters import ResourceSettings, parameters
from tools.environment import ToolError
from tools.settings_table import DOCUMENT, tables, with_tables


def test_every_setting_is_in_exactly_one_table_with_its_default() -> None:
    made = tables()
    rows = [line for name in ("settings", "fixed settings") for line in made[name].splitlines()[2:]]

    assert sorted(row.split("`")[1] for row in rows) == sorted(parameters())
    assert len(made["resource settings"].splitlines()) == 2 + len(parameters(ResourceSettings))


@pytest.mark.parametrize(
    "row",
    [
        "| `max_new_tokens` | whole, 1 to 32,768 | `512` |",
        "| `top_p` | over 0 to 1 | `0.9` |",
        "| `typical_p` | over 0 to 1 | `1` |",
        "| `seed` | whole, 0 to 9,007,199,254,740,991, null | `null` |",
        "| `stop` | list of texts | `[]` |",
        "| `num_beams` | `1` |",
        "| `cache_megabytes` | whole, 0 to 65,536 | `512` |",
    ],
)
def test_a_row_says_what_a_setting_takes(row: str) -> None:
    assert any(line.startswith(row) for table in tables().values() for line in table.splitlines())


def test_every_row_has_a_cell_for_each_head() -> None:
    for table in tables().values():
        assert len({line.replace("\\|", "").count("|") for line in table.splitlines()}) == 1


def test_what_is_written_by_hand_stays_and_an_old_table_goes() -> None:
    document = DOCUMENT.read_text(encoding="utf-8")
    altered = "".join(f"{line}\n" for line in document.splitlines() if not line.startswith("| `top_k`"))

    assert altered != document
    assert with_tables(altered) == document


def test_a_document_without_a_place_for_a_table_is_refused() -> None:
    with pytest.raises(ToolError, match="settings"):
        with_tables("# Settings\n")

"""The documents say what the code does: every message, error and option has its row, every link its file."""

import re
from dataclasses import fields
from pathlib import Path
from typing import get_args

import pytest

from tabagent.events import ErrorCodes, LoadingStatusTypes, ModelWorkerStates, RuntimeMessageTypes, TransferStates
from tabagent.messages import Event
from tabagent.parameters import GenerationSettings, ResourceSettings
from tools.settings_table import with_tables

ROOT = Path(__file__).parent.parent
API = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
SETTINGS = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])


@pytest.mark.parametrize("event", get_args(Event), ids=lambda event: event.__name__)
def test_every_event_has_one_row(event: type[Event]) -> None:
    rows = [line for line in API.splitlines() if line.startswith("|") and f"`{event.name.name}`" in line.split("|")[1]]

    assert len(rows) == 1


@pytest.mark.parametrize("request_name", list(RuntimeMessageTypes), ids=lambda name: name.name)
def test_every_request_has_one_row(request_name: RuntimeMessageTypes) -> None:
    rows = [
        line for line in API.splitlines() if line.startswith("|") and f"`{request_name.name}`" in line.split("|")[1]
    ]

    assert len(rows) == 1


@pytest.mark.parametrize(
    "name", sorted({*ErrorCodes, *LoadingStatusTypes, *ModelWorkerStates, *TransferStates}), ids=str
)
def test_every_code_status_and_state_is_explained(name: str) -> None:
    assert f"`{name}`" in API


@pytest.mark.parametrize("kind", [GenerationSettings, ResourceSettings], ids=lambda kind: kind.__name__)
def test_every_setting_has_a_row(kind: type[GenerationSettings | ResourceSettings]) -> None:
    assert [item.name for item in fields(kind) if f"| `{item.name}` |" not in SETTINGS] == []


def test_the_tables_of_settings_are_the_generated_ones() -> None:
    assert with_tables(SETTINGS) == SETTINGS


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_relative_link_leads_somewhere(document: Path) -> None:
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", document.read_text(encoding="utf-8"))
    missing = [link for link in links if not (document.parent / link).exists()]

    assert missing == []

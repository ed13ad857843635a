"""Chunks of a few bytes, so that a file of a line has several."""

from __future__ import annotations

import pytest

from tabagent.models import downloader, files
from tests.unit.models.transfer_machine import Machine, use_small_chunks

CHUNK = 4


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Store new files in chunks of four bytes, and ask for two of them at a time."""
    monkeypatch.setattr(files, "CHUNK_BYTES", CHUNK)
    monkeypatch.setattr(downloader, "CHUNKS_PER_SPAN", 2, raising=False)


@pytest.fixture
def transfer_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Store and read what is exported and imported in chunks of a few bytes."""
    use_small_chunks(monkeypatch)


@pytest.fixture
def machine() -> Machine:
    """An empty store that exports and imports."""
    return Machine()

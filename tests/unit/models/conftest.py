"""Chunks of a few bytes, so that a file of a line has several."""

from __future__ import annotations

import pytest

from tabagent.models import downloader, files

CHUNK = 4


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Store new files in chunks of four bytes, and ask for two of them at a time."""
    monkeypatch.setattr(files, "CHUNK_BYTES", CHUNK)
    monkeypatch.setattr(downloader, "CHUNKS_PER_SPAN", 2, raising=False)

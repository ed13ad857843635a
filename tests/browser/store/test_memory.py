"""A large file comes in without being held in memory."""

from __future__ import annotations

from pathlib import Path

from tests.browser.conftest import TINY
from tools.bench.store import added_memory
from tools.hub import HubRepository

SIZE = 384 << 20
# A quarter of the file, in MiB. `tools.bench store` tells the figure; here nobody knows when garbage is collected.
MOST_MIB = 96


def test_a_large_file_takes_a_fraction_of_its_size_in_memory(
    extension: Path, repositories: dict[str, Path | HubRepository]
) -> None:
    tiny = repositories[TINY]
    assert isinstance(tiny, Path)
    taken = added_memory(extension, tiny, {"ours": SIZE}, 1)

    assert taken["ours"].samples[0] <= MOST_MIB

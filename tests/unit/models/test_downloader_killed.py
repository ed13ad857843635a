"""A download whose thread dies at any write is ended by the next thread, with the right bytes and few fetched twice."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from tabagent.adapters.memory.fetcher import Answer
from tabagent.events import TransferStates as State
from tabagent.messages import DownloadProgress
from tabagent.models.downloader import CONNECTIONS
from tabagent.models.quants import entry_from_listing
from tabagent.specs import Backend, Dtype, FileKey, QuantStatus
from tests.unit.conftest import REPO, World, hub_answers
from tests.unit.models.conftest import CHUNK
from tests.unit.models.dying import Disk, until_death
from tests.unit.models.lines import Line

pytestmark = pytest.mark.usefixtures("small_chunks")

FILES = {
    "config.json": b"{}",
    "tokenizer.json": b'{"a": 1}',
    "onnx/model_q4.onnx": b"graph of some chunks",
    "onnx/model_q4.onnx_data": bytes(range(50)),
    "onnx/model_quantized.onnx": b"another dtype",
}
NEEDED = [path for path in FILES if "quantized" not in path]
SIZE = sum(len(FILES[path]) for path in NEEDED)


@dataclass
class Machine:
    """A browser's profile and the hub."""

    answers: dict[str, Answer | list[Answer]] = field(default_factory=lambda: hub_answers(files=FILES))
    disk: Disk = field(default_factory=Disk)

    def __post_init__(self) -> None:
        self.line = Line(self.answers)

    def world(self) -> World:
        """Begin a thread on what the last one left."""
        return World(
            self.line,
            chunks=self.disk.chunks[Backend.INDEXED_DB],
            opfs=self.disk.chunks[Backend.OPFS],
            index=self.disk.index,
        )

    async def download(self) -> World:
        """Begin a thread, list the model, and wait for the download of four bits."""
        world = self.world()
        listing = await world.hub.listing(REPO)
        assert listing is not None
        entry = await world.store.put_entry(entry_from_listing(listing))
        download = await world.downloads.start(entry, Dtype.Q4)
        await download.outcome
        return world

    async def killed_after(self, writes: int) -> bool:
        """Download in a thread that dies after so many writes; returns whether it lived."""
        self.disk.life.begin(writes)
        lived = await until_death(self.disk.life, self.download())
        self.disk.life.begin()
        return lived

    async def must_be_downloaded(self, world: World) -> None:
        await world.store.sweep()
        await self.disk.must_be_tidy()
        for path in NEEDED:
            assert await world.store.assemble_chunks(FileKey(REPO, path)) == FILES[path]
        entry = await world.store.entry(REPO)
        quant = entry.quant(Dtype.Q4) if entry is not None else None
        assert quant is not None
        assert quant.status is QuantStatus.DOWNLOADED


async def writes_of_a_download() -> int:
    machine = Machine()
    await machine.must_be_downloaded(await machine.download())
    return machine.disk.life.writes


async def test_whenever_the_thread_dies_the_next_one_ends_the_download() -> None:
    writes = await writes_of_a_download()
    assert writes > SIZE // CHUNK

    for count in range(writes):
        machine = Machine()
        assert not await machine.killed_after(count)
        await machine.disk.must_be_true()
        await machine.must_be_downloaded(await machine.download())
        twice = machine.line.carried.total() - SIZE
        assert twice <= CONNECTIONS * CHUNK, f"after {count} writes {twice} bytes came twice"


async def test_threads_that_die_again_and_again_come_to_the_end() -> None:
    machine = Machine()
    deaths = 0
    # The first write is the listing's, then each connection needs two before a chunk is there.
    while not await machine.killed_after(3 + 2 * CONNECTIONS):
        await machine.disk.must_be_true()
        deaths += 1
        assert deaths < SIZE

    assert deaths > 3
    await machine.must_be_downloaded(machine.world())


@pytest.mark.parametrize("place", range(0, 50, 3))
async def test_a_thread_that_dies_over_a_line_that_breaks_is_followed_by_one_that_ends_it(place: int) -> None:
    address = next(url for url in hub_answers(files=FILES) if url.endswith(".onnx_data"))
    for count in range(5, 40, 7):
        machine = Machine()
        machine.line.cuts.add((address, place))
        await machine.killed_after(count)
        await machine.disk.must_be_true()
        await machine.must_be_downloaded(await machine.download())


async def test_a_thread_that_dies_while_the_hub_sends_other_bytes_keeps_none_of_them() -> None:
    address = next(url for url in hub_answers(files=FILES) if url.endswith(".onnx_data"))
    for count in range(5, 60, 2):
        machine = Machine()
        machine.line.wrong.add((address, 11))
        await machine.killed_after(count)
        await machine.disk.must_be_true()
        await machine.must_be_downloaded(await machine.download())


async def test_what_a_page_hears_is_never_ahead_of_what_is_stored() -> None:
    machine = Machine()
    world = await machine.download()
    done = [event for event in world.of(DownloadProgress) if event.status is State.DONE]

    assert len(done) == 1
    assert done[0].loaded == done[0].total == SIZE

"""A load waits for files that are on their way by themselves, instead of fetching them a second time."""

from __future__ import annotations

import asyncio

from tabagent.models.loader import ModelLoader
from tabagent.specs import Dtype
from tests.unit.conftest import FILES, REPO, World, load_request
from tests.unit.models.dying import reader


async def test_what_is_being_taken_over_from_an_earlier_version_is_waited_for(world: World) -> None:
    arriving, asked = asyncio.Event(), []

    async def settled(repo: str) -> None:
        asked.append(repo)
        await arriving.wait()

    loader = ModelLoader(world.hub, world.store, world.downloads, world.engine, settled)
    entry = await world.loader.refresh(REPO)
    world.fetcher.sent.clear()
    resolving = asyncio.ensure_future(loader.resolve(load_request(), world.engine.report))
    await world.until(lambda: asked)
    quant = entry.quant(Dtype.Q8)
    assert quant is not None
    for file in entry.files_of(quant):
        await world.store.save_chunked_file(REPO, file, reader(FILES[file.path]), revision=entry.commit)
    assert not resolving.done()
    arriving.set()

    assert await loader.missing(await resolving) == []
    assert asked == [REPO]
    assert world.fetcher.requests == []

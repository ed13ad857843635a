"""Two models on a hub behind a line, and downloads of them."""

from __future__ import annotations

import asyncio

from tabagent.models.downloads import Download
from tabagent.models.quants import entry_from_listing
from tabagent.models.sources import HUB
from tabagent.specs import Dtype, ManifestEntry, QuantStatus
from tests.unit.conftest import COMMIT, FILES, OTHER_REPO, REPO, World, hub_answers
from tests.unit.models.lines import Line

Q4_FILES = ["config.json", "tokenizer.json", "onnx/model_q4.onnx", "onnx/model_q4.onnx_data"]
Q4_SIZE = sum(len(FILES[path]) for path in Q4_FILES)
WEIGHTS = "onnx/model_q4.onnx_data"


def address(path: str, repo: str = REPO, commit: str = COMMIT) -> str:
    return f"{HUB}/{repo}/resolve/{commit}/{path}"


def two_models() -> Line:
    return Line(hub_answers() | hub_answers(OTHER_REPO, commit="beef"))


async def listed(world: World, repo: str = REPO) -> ManifestEntry:
    listing = await world.hub.listing(repo)
    assert listing is not None
    return await world.store.put_entry(entry_from_listing(listing))


async def begin(world: World, dtype: Dtype = Dtype.Q4, repo: str = REPO) -> Download:
    return await world.downloads.start(await listed(world, repo), dtype)


async def begun(world: World, stored: int = 8) -> Download:
    """Begin a download and wait until some bytes are stored."""
    download = await begin(world)
    await world.until(lambda: world.chunks.usage >= stored)
    return download


async def status(world: World, dtype: Dtype = Dtype.Q4) -> QuantStatus:
    entry = await world.store.entry(REPO)
    quant = entry.quant(dtype) if entry is not None else None
    assert quant is not None
    return quant.status


async def failure(download: Download) -> BaseException:
    await asyncio.wait({download.outcome})
    error = download.outcome.exception()
    assert error is not None
    return error

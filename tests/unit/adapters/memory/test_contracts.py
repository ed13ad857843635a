"""The memory adapters fulfil the contracts of their ports."""

import pytest

from tabagent.adapters.memory.chunk_store import MemoryBytes, MemoryChunkStore, MemoryManifestStore
from tabagent.adapters.memory.engine import MemoryEngine
from tabagent.adapters.memory.fetcher import Answer, MemoryFetcher
from tabagent.adapters.memory.host import MemoryHost
from tabagent.specs import Device, Dtype, LoadSpec
from tests.contracts import chunk_store, engine, fetcher, host, manifest_store

SPEC = LoadSpec(
    repo="acme/tiny",
    commit="c0ffee",
    dtype=Dtype.Q8,
    device=Device.WASM,
    task="text-generation",
    onnx_file="onnx/model_quantized.onnx",
    external_data_files=0,
    threads=2,
)


@pytest.mark.parametrize("case", chunk_store.CASES, ids=lambda case: case.__name__)
async def test_chunk_store(case: chunk_store.Case) -> None:
    await case(chunk_store.World(MemoryChunkStore(), MemoryBytes))


@pytest.mark.parametrize("case", manifest_store.CASES, ids=lambda case: case.__name__)
async def test_manifest_store(case: manifest_store.Case) -> None:
    await case(MemoryManifestStore())


@pytest.mark.parametrize("case", fetcher.CASES, ids=lambda case: case.__name__)
async def test_fetcher(case: fetcher.Case) -> None:
    address = "https://hub/file"
    await case(fetcher.World(MemoryFetcher({address: Answer(body=fetcher.BODY)}), address, "https://nobody/"))


@pytest.mark.parametrize("case", engine.CASES, ids=lambda case: case.__name__)
async def test_engine(case: engine.Case) -> None:
    memory_engine = MemoryEngine()
    await memory_engine.load(SPEC)
    await case(memory_engine)


@pytest.mark.parametrize("case", host.CASES, ids=lambda case: case.__name__)
async def test_host(case: host.Case) -> None:
    memory_host = MemoryHost()
    await case(
        host.World(memory_host, lambda: memory_host.batches, lambda: memory_host.baton, lambda: memory_host.restarts)
    )

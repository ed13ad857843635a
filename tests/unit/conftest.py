"""A hub, a store, an engine and a supervisor in memory, put together as `tabagent.main` does it."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

import pytest
from hypothesis import settings

from tabagent.adapters.memory.chunk_store import MemoryChunkStore
from tabagent.adapters.memory.engine import MemoryEngine
from tabagent.adapters.memory.fetcher import Answer, MemoryFetcher
from tabagent.adapters.memory.file_offer import MemoryFileOffer
from tabagent.adapters.memory.hasher import MemoryHasher
from tabagent.adapters.memory.host import MemoryHost
from tabagent.adapters.memory.legacy_profile import MemoryLegacyProfile
from tabagent.adapters.memory.model_index import MemoryModelIndex
from tabagent.adapters.memory.storage_space import MemoryStorageSpace
from tabagent.adapters.memory.vault import MemoryVault
from tabagent.errors import JsonValue
from tabagent.events import ErrorCodes, ModelWorkerStates
from tabagent.generation.service import GenerationService
from tabagent.messages import Event, Fault, LoadModel, ManifestUpdated, SendChatMessage, WorkerStateChanged
from tabagent.models.account import HuggingFaceAccount
from tabagent.models.adoption import Adoption
from tabagent.models.baton import Baton, SharedBaton
from tabagent.models.downloader import ModelDownloader
from tabagent.models.downloads import Downloads
from tabagent.models.exchange import ModelExchange
from tabagent.models.hub import HubClient
from tabagent.models.library import ModelLibrary
from tabagent.models.loader import ModelLoader
from tabagent.models.manager import ModelManager
from tabagent.models.sources import HUB, ModelSources
from tabagent.models.store import ModelStore
from tabagent.models.transfer import ModelTransfer
from tabagent.parameters import Layer, ResourceSettings
from tabagent.ports.chunk_store import ChunkStore
from tabagent.specs import Backend, ChatMessage, Device, Dtype

# How long a property takes says more of what else the machine does than of the code.
settings.register_profile("unit", deadline=None)
settings.load_profile("unit")

REPO = "acme/tiny"
OTHER_REPO = "acme/other"
COMMIT = "c0ffee"
FILES: dict[str, bytes] = {
    "README.md": b"# tiny",
    "config.json": b'{"max_position_embeddings": 64}',
    "tokenizer.json": b"{}",
    "onnx/model.onnx": b"fp32" * 8,
    "onnx/model_quantized.onnx": b"int8" * 4,
    "onnx/model_q4.onnx": b"q4" * 4,
    "onnx/model_q4.onnx_data": b"data" * 4,
}
# What a field that must be a text can be wrong with.
NOT_TEXTS: list[JsonValue] = [None, "", 3, 1.5, True, [], ["a"], {}, {"a": "b"}]
# Far more turns of the event loop than anything here takes: a test that waits in vain fails at once.
PATIENCE = 5000

E = TypeVar("E")


def hub_answers(
    repo: str = REPO, files: Mapping[str, bytes] = FILES, *, commit: str = COMMIT, task: str | None = "text-generation"
) -> dict[str, Answer | list[Answer]]:
    """Return what the hub answers about a repository and for each of its files."""
    siblings = [_sibling(path, data) for path, data in files.items()]
    model = {"sha": commit, "id": repo, "siblings": siblings} | ({"pipeline_tag": task} if task else {})
    return {
        listing_address(repo): Answer(body=json.dumps(model).encode(), headers={"etag": f'W/"{commit}"'}),
        **{
            f"{HUB}/{repo}/resolve/{commit}/{path}": Answer(body=data, headers={"etag": f'"{path}"'})
            for path, data in files.items()
        },
    }


def listing_address(repo: str = REPO) -> str:
    """Return where the hub lists a repository's files."""
    return f"{HUB}/api/models/{repo}?blobs=true"


def _sibling(path: str, data: bytes) -> dict[str, object]:
    """Return a file as a listing has it: weights with the digest of LFS, the others with git's."""
    sibling: dict[str, object] = {"rfilename": path, "size": len(data), "blobId": git_blob_id(data)}
    if path.startswith("onnx/"):
        sibling["lfs"] = {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data), "pointerSize": 130}
    return sibling


def git_blob_id(data: bytes) -> str:
    """Return git's name of a content."""
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def load_request(
    model_id: str = REPO, *, dtype: Dtype | None = None, device: Device | None = None, load_id: str = "load-1"
) -> LoadModel:
    """Return a request to load a model."""
    return LoadModel(model_id=model_id, dtype=dtype, device=device, task="text-generation", load_id=load_id)


def chat_request(
    text: str = "one two three", *, chat_id: str = "chat-1", message_id: str = "message-1", max_new_tokens: int = 512
) -> SendChatMessage:
    """Return a request to answer one user message."""
    return SendChatMessage(
        chat_id=chat_id,
        message_id=message_id,
        messages=(ChatMessage("user", text),),
        options={"max_new_tokens": max_new_tokens},
    )


class Clock:
    """Seconds that pass only when a test says so; runs what `call_later` was given."""

    def __init__(self) -> None:
        self.seconds = 100.0
        self._due: list[tuple[float, Callable[[], None]]] = []

    def now(self) -> float:
        """Return the time."""
        return self.seconds

    def call_later(self, delay: float, function: Callable[[], None]) -> None:
        """Run a function once `delay` seconds have passed."""
        self._due.append((self.seconds + delay, function))

    def advance(self, seconds: float) -> None:
        """Let time pass and run what falls due, in order."""
        end = self.seconds + seconds
        while due := sorted((item for item in self._due if item[0] <= end), key=lambda item: item[0]):
            self._due.remove(due[0])
            self.seconds = max(self.seconds, due[0][0])
            due[0][1]()
        self.seconds = end


@dataclass
class SettingsOf:
    """The settings that a test gives its world."""

    world: World

    async def layers(self, repo: str, dtype: Dtype) -> list[Layer]:
        return self.world.layers

    async def resources(self) -> ResourceSettings:
        return self.world.resources


@dataclass
class World:
    """Everything around the services, in memory."""

    fetcher: MemoryFetcher
    engine: MemoryEngine = field(default_factory=MemoryEngine)
    host: MemoryHost = field(default_factory=MemoryHost)
    clock: Clock = field(default_factory=Clock)
    chunks: MemoryChunkStore = field(default_factory=MemoryChunkStore)
    opfs: MemoryChunkStore = field(default_factory=MemoryChunkStore)
    index: MemoryModelIndex = field(default_factory=MemoryModelIndex)
    vault: MemoryVault = field(default_factory=MemoryVault)
    legacy: MemoryLegacyProfile = field(default_factory=MemoryLegacyProfile)
    space: MemoryStorageSpace = field(default_factory=MemoryStorageSpace)
    events: list[Event] = field(default_factory=list)
    pauses: list[float] = field(default_factory=list)
    resources: ResourceSettings = field(default_factory=ResourceSettings)
    layers: list[Layer] = field(default_factory=list)
    overdue: str = ""

    def __post_init__(self) -> None:
        chunks: dict[Backend, ChunkStore] = {Backend.INDEXED_DB: self.chunks, Backend.OPFS: self.opfs}
        self.store = ModelStore(index=self.index, chunks=chunks, hasher=MemoryHasher(), default=Backend.INDEXED_DB)
        self.offers = MemoryFileOffer(chunks)
        self.account = HuggingFaceAccount(self.fetcher, self.vault, self.clock.now)
        self.sources = ModelSources(self.vault)
        self.hub = HubClient(self.fetcher, self.sources, self.account)
        self.downloader = ModelDownloader(self.hub, self.store, self._pause)
        self.start()

    async def _pause(self, seconds: float) -> None:
        """Note that somebody waits, and let the others work."""
        self.pauses.append(seconds)
        self.clock.advance(seconds)
        await asyncio.sleep(0)

    def start(self) -> None:
        """Begin a thread with the baton that the last one left; what is stored stays."""
        self.baton, self.begun = SharedBaton.read(self.host.baton)
        self.shared = SharedBaton(self.host, self.begun)
        self.downloads = Downloads(
            downloader=self.downloader,
            store=self.store,
            space=self.space,
            publish=self.events.append,
            now=self.clock.now,
            changed=self.shared.keep_downloads,
        )
        self.adoption = Adoption(self.legacy, self.store, self.vault, lambda: self.events.append(ManifestUpdated()))
        self.loader = ModelLoader(self.hub, self.store, self.downloads, self.engine, self.adoption.settled)
        self.manager = ModelManager(
            loader=self.loader,
            engine=self.engine,
            host=self.shared,
            publish=self.events.append,
            baton=self.baton,
            resources=SettingsOf(self).resources,
            call_later=self.clock.call_later,
            overdue=self.overdue,
        )
        self.library = ModelLibrary(
            manager=self.manager,
            loader=self.loader,
            store=self.store,
            downloads=self.downloads,
            adoption=self.adoption,
            hub=self.hub,
            space=self.space,
            publish=self.events.append,
            now=self.clock.now,
        )
        transfer = ModelTransfer(
            store=self.store, hasher=MemoryHasher(), fetcher=self.fetcher, offers=self.offers, now=self.clock.now
        )
        self.exchange = ModelExchange(transfer, self.events.append, self.clock.now)
        self.generation = GenerationService(
            manager=self.manager,
            engine=self.engine,
            settings=SettingsOf(self),
            publish=self.events.append,
            now=self.clock.now,
        )

    def resume(self) -> None:
        """Go on with the baton, as `tabagent.main.start` does at its end."""
        self.generation.resume(self.manager.resume())

    def of(self, kind: type[E]) -> list[E]:
        """Return the events of one kind, in order."""
        return [event for event in self.events if isinstance(event, kind)]

    @property
    def states(self) -> list[ModelWorkerStates]:
        """States in the order in which the pages heard of them."""
        return [event.state for event in self.of(WorkerStateChanged)]

    @property
    def kept(self) -> Baton:
        """What the next thread would get."""
        return SharedBaton.read(self.host.baton)[0]

    async def until(self, reached: Callable[[], object]) -> None:
        """Let the services work until a condition holds."""
        for _ in range(PATIENCE):
            if reached():
                return
            await asyncio.sleep(0)
        raise AssertionError(f"never reached; the last events were {self.events[-5:]}")

    async def heard(self, kind: type[E], count: int = 1) -> E:
        """Let the services work until an event of a kind came `count` times; return that one."""
        await self.until(lambda: len(self.of(kind)) >= count)
        return self.of(kind)[count - 1]

    async def rested(self) -> None:
        """Let the services work until nothing is computed any more."""
        await self.until(lambda: self.generation.describe() == {"generating": None, "queued": [], "rereading": False})

    async def load_failure(self) -> ErrorCodes:
        """Wait for a load's failure and return its code."""
        return ErrorCodes(str((await self.heard(Fault)).error["code"]))

    async def load(self, request: LoadModel | None = None) -> None:
        """Load a model and wait until it can be used."""
        await self.manager.load_model(request or load_request())
        await self.until(lambda: self.manager.state is ModelWorkerStates.MODEL_READY)
        self.events.clear()


@pytest.fixture
def world() -> World:
    """A machine without a graphics card and with nothing stored; the hub has two models."""
    return World(MemoryFetcher(hub_answers() | hub_answers(OTHER_REPO, commit="beef")))

"""One file of ten chunks on a hub behind a line, and what is heard of its download."""

from __future__ import annotations

from dataclasses import dataclass, field

from tabagent.adapters.memory.fetcher import Answer
from tabagent.errors import TabAgentError
from tabagent.models.downloader import FileListener
from tabagent.models.sources import HUB
from tabagent.specs import FileKey, FileRecord, ModelFile
from tests.unit.conftest import COMMIT, REPO, World
from tests.unit.models.dying import digest_of
from tests.unit.models.lines import Line

PATH = "onnx/model.onnx"
KEY = FileKey(REPO, PATH)
ADDRESS = f"{HUB}/{REPO}/resolve/{COMMIT}/{PATH}"
BODY = bytes(range(65, 65 + 38))  # ten chunks, the last one short
NEWER = bytes(reversed(BODY))
ETAG = '"abc"'
HUBS = Answer(body=BODY, headers={"etag": ETAG})
FILE = ModelFile(path=PATH, size=len(BODY), digest=digest_of(BODY))


@dataclass
class Desk:
    """A world behind a line, and what is heard of a download."""

    line: Line
    file: ModelFile = FILE
    stored: list[int] = field(default_factory=list)
    flying: int = 0
    waits: list[tuple[TabAgentError, float]] = field(default_factory=list)
    verifying: int = 0

    def __post_init__(self) -> None:
        self.world = World(self.line)

    async def download(self, file: ModelFile | None = None) -> FileRecord:
        """Download the file; what was announced to fly must have landed or been taken back in the end."""

        def fly(count: int) -> None:
            self.flying += count
            assert self.flying >= 0

        def verify() -> None:
            self.verifying += 1

        listener = FileListener(
            stored=self.stored.append,
            flying=fly,
            waiting=lambda error, seconds: self.waits.append((error, seconds)),
            verifying=verify,
        )
        try:
            return await self.world.downloader.fetch_from_network_and_cache(REPO, COMMIT, file or self.file, listener)
        finally:
            assert self.flying == 0
            assert self.line.open == 0

    async def content(self) -> bytes | None:
        return await self.world.store.assemble_chunks(KEY)

    @property
    def ranges(self) -> list[str | None]:
        return [sent.headers.get("Range") for sent in self.line.sent]


def desk_with(answer: Answer | list[Answer] = HUBS, file: ModelFile = FILE) -> Desk:
    return Desk(Line({ADDRESS: answer}), file)

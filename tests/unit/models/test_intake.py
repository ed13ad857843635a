"""What all imports share."""

from __future__ import annotations

import pytest

from tabagent.adapters.memory.chunk_store import MemoryBytes
from tabagent.adapters.memory.fetcher import Answer
from tabagent.adapters.memory.hasher import MemoryHasher
from tabagent.model_messages import GivenFile
from tabagent.models.intake import ImportCounter, ImportProgress, Intake
from tabagent.specs import FileKey, ModelFile
from tabagent.store_errors import ImportFailed, StorageError
from tests.unit.models.transfer_machine import CHUNK, FILES, REPO, Machine, git, reader, sha256

PATH = "onnx/model_q4.onnx"
DATA = FILES[PATH]


pytestmark = pytest.mark.usefixtures("transfer_chunks")


@pytest.fixture
def intake(machine: Machine) -> Intake:
    return Intake(machine.store, MemoryHasher(), machine.fetcher)


def test_files_and_everything_are_counted() -> None:
    steps: list[ImportProgress] = []
    counter = ImportCounter(10, steps.append)
    first, second = (counter.of(REPO, ModelFile(path=path, size=5)) for path in ("a", "b"))
    first(2)
    second(5)
    first(3)

    assert [(step.file, step.file_loaded, step.loaded) for step in steps] == [("a", 2, 2), ("b", 5, 7), ("a", 5, 10)]
    assert {(step.file_total, step.total, step.model_id) for step in steps} == {(5, 10, REPO)}


async def test_a_given_files_digest_is_of_the_kind_that_is_asked_for(machine: Machine, intake: Intake) -> None:
    machine.fetcher.answers["blob:1"] = Answer(body=DATA)
    given = GivenFile(path=PATH, address="blob:1", size=len(DATA))

    assert await intake.digest(given, "sha256:0") == sha256(DATA)
    assert await intake.digest(given, "git:0") == git(DATA)


async def test_a_file_that_is_gone_is_named(intake: Intake) -> None:
    with pytest.raises(ImportFailed, match=PATH):
        await intake.open(GivenFile(path=PATH, address="blob:gone", size=5))


@pytest.mark.parametrize("digest", [None, sha256(DATA)])
async def test_what_stays_of_half_a_file_is_what_a_digest_names(
    machine: Machine, intake: Intake, digest: str | None
) -> None:
    async def read(offset: int, length: int) -> MemoryBytes:
        if offset:
            raise StorageError("The disk does not answer.")
        return MemoryBytes(DATA[:CHUNK])

    with pytest.raises(StorageError, match="does not answer"):
        await intake.save(REPO, ModelFile(path=PATH, size=len(DATA), digest=digest), read, "", lambda count: None)

    record = await machine.store.record(FileKey(REPO, PATH))
    assert (record is not None) == (digest is not None)
    assert record is None or not record.whole


async def test_a_wrong_digest_leaves_nothing(machine: Machine, intake: Intake) -> None:
    file = ModelFile(path=PATH, size=len(DATA), digest=sha256(b"other"))

    with pytest.raises(ImportFailed, match="wrong digest"):
        await intake.save(REPO, file, reader(DATA), "", lambda count: None)
    assert await machine.store.records() == ()


async def test_a_stored_file_is_compared_by_either_kind_of_digest(machine: Machine, intake: Intake) -> None:
    await machine.download(digest=git)
    record = await machine.store.record(FileKey(REPO, PATH))
    assert record is not None

    assert await intake.is_same(record, ModelFile(path=PATH, size=len(DATA), digest=git(DATA)))
    assert await intake.is_same(record, ModelFile(path=PATH, size=len(DATA), digest=sha256(DATA)))
    for other in (git(b"other"), sha256(b"other"), None):
        assert not await intake.is_same(record, ModelFile(path=PATH, size=len(DATA), digest=other))
    assert not await intake.is_same(record, ModelFile(path=PATH, size=len(DATA) + 1, digest=git(DATA)))

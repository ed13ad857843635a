"""Stored bytes that change behind the store: noticed before the engine sees them, and they alone fetched again."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tabagent.events import ErrorCodes, ModelWorkerStates, RuntimeMessageTypes, TransferStates
from tabagent.models.chunks import CHUNK_BYTES
from tests.browser.store.conftest import BIG, DATA, SIZE, Shelf
from tests.browser.store.stored_files import cut_off, flip_a_bit, remove
from tests.browser.wire import Wire
from tools.hub import Status

GRAPH = "onnx/model_quantized.onnx"
LAST_CHUNK = SIZE - 4 * CHUNK_BYTES


def flip_in_the_third_chunk(wire: Wire) -> None:
    flip_a_bit(wire, BIG, DATA, 2 * CHUNK_BYTES + 99)


def cut_off_the_end(wire: Wire) -> None:
    cut_off(wire, BIG, DATA, SIZE - 5)


def flip_in_the_graph(wire: Wire) -> None:
    flip_a_bit(wire, BIG, GRAPH, 1000)


DAMAGES: list[tuple[Callable[[Wire], None], str, int]] = [
    (flip_in_the_third_chunk, DATA, CHUNK_BYTES),
    (cut_off_the_end, DATA, LAST_CHUNK),
    (flip_in_the_graph, GRAPH, 0),
]


@pytest.mark.parametrize(("damage", "path", "size"), DAMAGES, ids=lambda value: getattr(value, "__name__", ""))
def test_a_load_fetches_just_the_damaged_part_again(
    shelf: Shelf, damage: Callable[[Wire], None], path: str, size: int
) -> None:
    shelf.download()
    damage(shelf.wire)
    shelf.hub.requests.clear()
    shelf.wire.load_ready(BIG)

    sent = {
        entry.target.rpartition("/resolve/")[2].partition("/")[2] for entry in shelf.hub.requests if entry.bytes_sent
    }
    assert sent == {path}
    assert shelf.data_sent() == size
    assert shelf.wire.answer("Hello")["numTokens"] == 8
    assert shelf.listed()["status"] == "downloaded"


def test_damage_without_the_hub_is_an_error_that_names_the_file_and_the_next_load_with_it_repairs(shelf: Shelf) -> None:
    shelf.download()
    flip_in_the_third_chunk(shelf.wire)
    shelf.hub.faults.add("*", Status(404))
    error = shelf.wire.load_error(BIG)

    assert error["code"] == ErrorCodes.LOAD_FAILED
    assert DATA in error["message"]
    assert error["details"]["damaged"] is True
    shelf.wire.wait(lambda: shelf.wire.state()["state"] == ModelWorkerStates.ERROR, "the fresh thread")
    assert shelf.listed()["status"] == "available"

    shelf.hub.faults.clear()
    shelf.hub.requests.clear()
    shelf.wire.load_ready(BIG, "again")
    assert shelf.data_sent() == CHUNK_BYTES


def test_a_check_finds_every_damaged_part_and_the_download_repairs_just_those(shelf: Shelf) -> None:
    shelf.download()
    assert shelf.check()["status"] == TransferStates.DONE
    flip_a_bit(shelf.wire, BIG, DATA, 5)
    flip_a_bit(shelf.wire, BIG, DATA, SIZE - 5)
    checked = shelf.check()

    assert checked["error"]["code"] == ErrorCodes.FILE_DAMAGED
    assert checked["error"]["details"]["chunks"] == [0, 4]
    assert DATA in checked["error"]["message"]
    assert shelf.listed()["status"] == "available"
    shelf.hub.requests.clear()
    shelf.download()
    assert shelf.data_sent() == CHUNK_BYTES + LAST_CHUNK
    assert shelf.check()["status"] == TransferStates.DONE


def test_a_file_that_vanished_is_fetched_again(shelf: Shelf) -> None:
    shelf.download()
    remove(shelf.wire, BIG, DATA)
    assert shelf.check()["error"]["details"]["chunks"] == [0, 1, 2, 3, 4]
    shelf.download()

    assert shelf.check()["status"] == TransferStates.DONE


def test_a_deleted_model_frees_its_space(shelf: Shelf) -> None:
    empty = shelf.usage()
    shelf.download()
    stored = shelf.usage()
    freed = shelf.delete()

    assert stored > empty + SIZE
    assert freed > SIZE
    shelf.wire.wait(lambda: shelf.usage() < empty + 500_000, "the space to be free")


def test_a_loaded_model_is_not_deleted(shelf: Shelf) -> None:
    shelf.wire.load_ready(BIG)
    reply = shelf.wire.ask(RuntimeMessageTypes.DELETE_MODEL, {"modelId": BIG})

    assert reply["error"]["code"] == ErrorCodes.BUSY
    assert shelf.listed()["status"] == "downloaded"

"""The contract of `AttachmentStore`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from tabagent.chat_specs import Attachment, AttachmentKind
from tabagent.ports.attachment_store import AttachmentStore
from tabagent.ports.buffers import ByteBuffer
from tabagent.sentences import Sentence, said_to_wire

FILE = Attachment(
    id="a-1",
    name="notes é 漢.md",
    mime_type="text/markdown",
    kind=AttachmentKind.TEXT,
    note=Sentence.ENCODING_GUESSED.said(encoding="KOI8-R"),
    size=12,
    created_at=1_000,
    updated_at=1_000,
)
PAGE = Attachment(
    id="a-2",
    name="A page",
    mime_type="text/html",
    kind=AttachmentKind.PAGE,
    url="https://example.com/",
    updated_at=2_000,
)
TEXT = "# notes\n\né 漢 😀\x00"


@dataclass(frozen=True)
class World:
    """An empty store, the same one as another thread opens it, and how buffers are made."""

    store: AttachmentStore
    reopened: Callable[[], AttachmentStore]
    buffer: Callable[[bytes], ByteBuffer]


async def an_attachment_comes_back_as_it_was_put(world: World) -> None:
    kept = await world.store.put(FILE, TEXT, world.buffer(b"# notes \xff"))
    store = world.reopened()

    assert kept == replace(FILE, characters=len(TEXT))
    assert await store.get(["a-1"]) == (kept,)
    assert [said_to_wire(found.note) for found in await store.get(["a-1"])] == [said_to_wire(FILE.note)]
    assert [(item.name, item.text, item.url) for item in await store.texts(["a-1"])] == [(FILE.name, TEXT, "")]
    data = await store.data("a-1")
    assert data is not None
    assert data.to_bytes() == b"# notes \xff"


async def what_is_not_there_is_left_away(world: World) -> None:
    await world.store.put(PAGE, "text")

    assert [item.id for item in await world.store.get(["no", "a-2", "neither"])] == ["a-2"]
    assert [item.url for item in await world.store.texts(["no", "a-2"])] == ["https://example.com/"]
    assert await world.store.data("a-2") is None
    assert await world.store.data("no") is None
    assert await world.store.get([]) == ()
    assert await world.store.texts([]) == ()


async def attachments_come_in_the_order_that_was_asked_for(world: World) -> None:
    await world.store.put(FILE, "one")
    await world.store.put(PAGE, "two")

    assert [item.text for item in await world.store.texts(["a-2", "a-1"])] == ["two", "one"]
    assert [item.id for item in await world.store.get(["a-2", "a-1"])] == ["a-2", "a-1"]


async def a_second_put_takes_the_place_of_the_first(world: World) -> None:
    await world.store.put(FILE, TEXT, world.buffer(b"old"))
    await world.store.put(replace(FILE, name="new", note=""), "")

    (found,) = await world.store.get(["a-1"])
    assert (found.name, found.note, found.characters) == ("new", "", 0)
    assert await world.store.data("a-1") is None


async def a_link_names_the_question_and_keeps_the_rest(world: World) -> None:
    kept = await world.store.put(FILE, TEXT, world.buffer(b"bytes"))
    await world.store.link(["a-1", "unknown"], "question")

    assert await world.store.get(["a-1", "unknown"]) == (replace(kept, message_id="question"),)
    assert [item.text for item in await world.store.texts(["a-1"])] == [TEXT]
    data = await world.store.data("a-1")
    assert data is not None
    assert data.to_bytes() == b"bytes"
    await world.store.link(["a-1"], None)
    assert await world.store.get(["a-1"]) == (kept,)


async def a_deleted_attachment_is_gone_and_the_others_stay(world: World) -> None:
    await world.store.put(FILE, TEXT, world.buffer(b"bytes"))
    await world.store.put(PAGE, "two")
    await world.store.delete(["a-1", "unknown"])

    assert [item.id for item in await world.store.get(["a-1", "a-2"])] == ["a-2"]
    assert await world.store.data("a-1") is None


async def orphans_are_those_that_no_question_has_for_a_while(world: World) -> None:
    for item in (PAGE, FILE, replace(FILE, id="a-3", updated_at=3_000), replace(FILE, id="a-4")):
        await world.store.put(item, "")
    await world.store.link(["a-4"], "question")

    assert [item.id for item in await world.store.orphans(3_000)] == ["a-1", "a-2"]
    assert await world.store.orphans(1_000) == ()


Case = Callable[[World], Awaitable[None]]
CASES: tuple[Case, ...] = (
    an_attachment_comes_back_as_it_was_put,
    what_is_not_there_is_left_away,
    attachments_come_in_the_order_that_was_asked_for,
    a_second_put_takes_the_place_of_the_first,
    a_link_names_the_question_and_keeps_the_rest,
    a_deleted_attachment_is_gone_and_the_others_stay,
    orphans_are_those_that_no_question_has_for_a_while,
)

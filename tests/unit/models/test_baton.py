"""What one thread hands to the next."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tabagent.adapters.memory.host import MemoryHost
from tabagent.errors import JsonValue, ModelNotFound
from tabagent.messages import LoadModel, SendChatMessage
from tabagent.models.baton import Baton, Interrupted, SharedBaton
from tabagent.sentences import Said, said_to_wire
from tabagent.specs import ChatMessage, Device, Dtype

texts = st.text(max_size=30)
loads = st.builds(
    LoadModel,
    model_id=texts,
    dtype=st.none() | st.sampled_from(Dtype),
    device=st.none() | st.sampled_from(Device),
    task=texts,
    load_id=texts,
    free_dtype=st.booleans(),
)
values: st.SearchStrategy[JsonValue] = texts | st.integers()
objects = st.lists(st.dictionaries(texts, values, max_size=2), max_size=2).map(tuple)
turns = st.builds(ChatMessage, role=texts, content=texts, name=texts, tool_calls=objects, tool_call_id=texts)


@st.composite
def answers(draw: st.DrawFn) -> Interrupted:
    """Answers of which something has come, or nothing yet."""
    chat_id, message_id = draw(texts), draw(texts)
    request = SendChatMessage(
        chat_id=chat_id,
        message_id=message_id,
        messages=draw(st.lists(turns, min_size=1, max_size=2).map(tuple)),
        options=draw(st.dictionaries(texts, st.integers() | st.lists(texts, max_size=2), max_size=2)),
        tools=draw(objects),
        visible=draw(st.booleans()),
    )
    return Interrupted(
        chat_id=chat_id, message_id=message_id, text=draw(texts), request=draw(st.none() | st.just(request))
    )


batons = st.builds(
    Baton,
    load=st.none() | loads,
    percent=st.floats(0, 100),
    previous=st.none() | loads,
    webgpu_failed=texts | st.builds(Said, texts, texts.filter(bool), st.just({"seconds": 3})),
    asleep=st.none() | loads,
    interrupted=st.lists(answers(), max_size=3).map(tuple),
    failed_load=st.none() | loads,
    error=st.none() | st.just(ModelNotFound("acme/none").to_wire()),
)


@given(batons)
def test_a_baton_comes_back_as_it_was(baton: Baton) -> None:
    read = Baton.from_text(baton.to_text())

    assert read == baton
    assert said_to_wire(read.webgpu_failed) == said_to_wire(baton.webgpu_failed)


def test_the_first_thread_gets_an_empty_baton() -> None:
    assert Baton.from_text("") == Baton()


@given(batons, st.lists(st.tuples(texts, st.sampled_from(Dtype)), max_size=3))
def test_baton_and_downloads_travel_together(baton: Baton, downloads: list[tuple[str, Dtype]]) -> None:
    host = MemoryHost()
    shared = SharedBaton(host, [])
    shared.keep_downloads(downloads)
    shared.retain(baton.to_text())

    assert SharedBaton.read(host.baton) == (baton, downloads)


def test_a_change_of_one_keeps_the_other() -> None:
    host = MemoryHost()
    shared = SharedBaton(host, [])
    kept = Baton(percent=30)
    shared.retain(kept.to_text())
    shared.keep_downloads([("acme/tiny", Dtype.Q8)])
    assert SharedBaton.read(host.baton) == (kept, [("acme/tiny", Dtype.Q8)])

    shared.keep_downloads([])
    assert SharedBaton.read(host.baton) == (kept, [])


def test_what_ran_before_is_kept_until_this_thread_has_downloads_of_its_own() -> None:
    host = MemoryHost()
    shared = SharedBaton(host, [("acme/tiny", Dtype.Q8)])
    shared.retain(Baton().to_text())
    assert SharedBaton.read(host.baton) == (Baton(), [("acme/tiny", Dtype.Q8)])


def test_the_first_thread_has_neither_baton_nor_downloads() -> None:
    assert SharedBaton.read("") == (Baton(), [])


def test_downloads_alone_leave_an_empty_baton() -> None:
    host = MemoryHost()
    SharedBaton(host, []).keep_downloads([("acme/tiny", Dtype.Q4)])

    assert SharedBaton.read(host.baton) == (Baton(), [("acme/tiny", Dtype.Q4)])


async def test_everything_else_is_passed_on() -> None:
    host = MemoryHost()
    host.pages = 2
    shared = SharedBaton(host, [])
    shared.restart("reset")
    shared.expect_within(60, "a token")
    expected = host.expected
    shared.at_ease()

    assert host.restarts == ["reset"]
    assert (expected, host.expected) == ((60, "a token"), None)
    assert await shared.open_pages() == 2

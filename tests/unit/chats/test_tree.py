"""Ways through the messages of a chat."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tabagent.chat_specs import Message
from tabagent.chats.tree import MessageTree


def message(message_id: str, parent_id: str | None, timestamp: int) -> Message:
    return Message(id=message_id, chat_id="chat", timestamp=timestamp, sender="user", content="", parent_id=parent_id)


@st.composite
def trees(draw: st.DrawFn) -> list[Message]:
    """Messages each of which follows an earlier one, or none."""
    count = draw(st.integers(1, 30))
    parents = [draw(st.none() | st.integers(0, number - 1)) if number else None for number in range(count)]
    return [
        message(f"m{number}", None if parent is None else f"m{parent}", number) for number, parent in enumerate(parents)
    ]


@given(trees())
def test_a_path_goes_from_a_first_message_over_parents(messages: list[Message]) -> None:
    tree = MessageTree(messages)
    for item in messages:
        path = tree.path_to(item.id)
        assert path[-1] == item.id
        assert [tree.parent(key) for key in path] == [None, *path[:-1]]


@given(trees())
def test_the_newest_leaf_is_below_and_has_nothing_below_itself(messages: list[Message]) -> None:
    tree = MessageTree(messages)
    for item in messages:
        leaf = tree.newest_leaf(item.id)
        assert leaf in tree.below(item.id)
        assert tree.below(leaf) == (leaf,)


@given(trees())
def test_siblings_have_the_same_parent_and_all_messages_have_them(messages: list[Message]) -> None:
    tree = MessageTree(messages)
    for item in messages:
        assert item.id in tree.siblings(item.id)
        assert {tree.parent(key) for key in tree.siblings(item.id)} == {tree.parent(item.id)}


def test_a_circle_of_a_damaged_profile_ends() -> None:
    tree = MessageTree([message("a", "b", 1), message("b", "a", 2)])

    assert set(tree.path_to("a")) == {"a", "b"}
    assert tree.newest_leaf("a") in ("a", "b")
    assert set(tree.below("a")) == {"a", "b"}


def test_a_missing_parent_counts_as_none() -> None:
    tree = MessageTree([message("a", "gone", 1), message("b", None, 2)])

    assert tree.siblings("a") == ("a", "b")

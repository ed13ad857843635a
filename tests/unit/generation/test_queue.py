"""Who is answered next."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabagent.errors import QueueFull
from tabagent.generation.queue import MOST_WAITING, AnswerQueue


@dataclass(frozen=True)
class Asking:
    chat_id: str
    number: int = 0
    visible: bool = True


def taken(queue: AnswerQueue[Asking]) -> list[Asking]:
    order = []
    while (item := queue.take()) is not None:
        order.append(item)
    return order


def filled(*items: Asking) -> AnswerQueue[Asking]:
    queue: AnswerQueue[Asking] = AnswerQueue()
    for item in items:
        queue.put(item)
    return queue


def test_those_that_came_first_are_first() -> None:
    items = [Asking("a", 1), Asking("b", 2), Asking("c", 3)]

    assert taken(filled(*items)) == items


def test_a_visible_chat_comes_before_hidden_ones() -> None:
    hidden, visible = Asking("a", visible=False), Asking("b")

    assert taken(filled(hidden, visible)) == [visible, hidden]


def test_a_chat_that_asks_often_lets_others_in_between() -> None:
    items = [Asking("a", 1), Asking("a", 2), Asking("a", 3), Asking("b", 4)]

    assert [item.number for item in taken(filled(*items))] == [1, 4, 2, 3]


def test_a_visible_chat_comes_before_a_hidden_one_that_was_never_answered() -> None:
    first, second, hidden = Asking("a", 1), Asking("a", 2), Asking("b", visible=False)

    assert taken(filled(first, second, hidden)) == [first, second, hidden]


def test_when_nobody_waits_any_more_all_chats_are_alike_again() -> None:
    queue = filled(Asking("a"))
    taken(queue)
    again, other = Asking("a", 1), Asking("b", 2)
    for item in (again, other):
        queue.put(item)

    assert taken(queue) == [again, other]


def test_those_that_wait_are_gone_through_in_view_of_who_was_answered_before() -> None:
    queue = filled(Asking("a", 1), Asking("a", 2), Asking("b", 3))
    queue.take()

    assert [item.number for item in queue] == [3, 2]
    assert [item.number for item in taken(queue)] == [3, 2]


def test_one_chat_keeps_its_order() -> None:
    items = [Asking("a", number) for number in range(5)]

    assert taken(filled(*items)) == items


def test_too_many_are_refused_and_change_nothing() -> None:
    queue = filled(*(Asking("a", number) for number in range(MOST_WAITING)))

    with pytest.raises(QueueFull) as refusal:
        queue.put(Asking("b"))

    assert refusal.value.details == {"limit": MOST_WAITING}
    assert len(queue) == MOST_WAITING


def test_some_can_be_withdrawn() -> None:
    queue = filled(Asking("a", 1), Asking("b", 2), Asking("a", 3))

    assert [item.number for item in queue.withdraw(lambda item: item.chat_id == "a")] == [1, 3]
    assert [item.number for item in taken(queue)] == [2]


items = st.lists(st.builds(Asking, st.sampled_from("abc"), st.integers(), st.booleans()), max_size=MOST_WAITING)


@given(items)
def test_it_is_gone_through_in_the_order_in_which_it_is_taken(waiting: list[Asking]) -> None:
    queue = filled(*waiting)
    shown = list(queue)

    assert shown == taken(queue)


@given(items)
def test_everybody_gets_a_turn_once(waiting: list[Asking]) -> None:
    assert sorted(taken(filled(*waiting)), key=waiting.index) == sorted(waiting, key=waiting.index)

"""Who is answered next: many chats and panels share one engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Generic, Protocol, TypeVar

from tabagent.errors import QueueFull

# More than anybody waits for; a page that sends in a loop is refused instead of filling the memory.
MOST_WAITING = 16


class Waiting(Protocol):
    """What the queue wants to know of an answer."""

    @property
    def chat_id(self) -> str:
        """The chat that asks."""

    @property
    def visible(self) -> bool:
        """Whether the person looks at that chat."""


T = TypeVar("T", bound=Waiting)


class AnswerQueue(Generic[T]):
    """Fair between chats: visible ones first, then the one that was answered the longest time ago, then in order."""

    def __init__(self) -> None:
        self._waiting: list[T] = []
        self._turns = 0
        self._answered: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    def __iter__(self) -> Iterator[T]:
        """Go through those that wait, the next one first."""
        remaining, answered, turns = list(self._waiting), dict(self._answered), self._turns
        while remaining:
            item = self._next(remaining, answered)
            remaining.remove(item)
            turns += 1
            answered[item.chat_id] = turns
            yield item

    def put(self, item: T) -> None:
        """Let an answer wait.

        Raises:
            QueueFull: `MOST_WAITING` wait already.
        """
        if len(self._waiting) >= MOST_WAITING:
            raise QueueFull(MOST_WAITING)
        self._waiting.append(item)

    def take(self) -> T | None:
        """Return the next one and forget it; None when nobody waits."""
        if not self._waiting:
            self._answered.clear()
            return None
        item = self._next(self._waiting, self._answered)
        self._waiting.remove(item)
        self._turns += 1
        self._answered[item.chat_id] = self._turns
        return item

    def withdraw(self, chosen: Callable[[T], bool]) -> list[T]:
        """Forget the chosen ones and return them."""
        withdrawn = [item for item in self._waiting if chosen(item)]
        self._waiting = [item for item in self._waiting if item not in withdrawn]
        return withdrawn

    @staticmethod
    def _next(waiting: list[T], answered: dict[str, int]) -> T:
        # `min` keeps the order of arrival among equals.
        return min(waiting, key=lambda item: (not item.visible, answered.get(item.chat_id, 0)))

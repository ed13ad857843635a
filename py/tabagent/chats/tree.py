"""The messages of a chat as a tree: each knows the one before it, and edited or repeated ones have siblings."""

from __future__ import annotations

from collections.abc import Iterable

from tabagent.chat_specs import Message


class MessageTree:
    """Finds ways through the messages of one chat.

    Args:
        messages: All of them. A parent that is not among them counts as none.
    """

    def __init__(self, messages: Iterable[Message]) -> None:
        self._messages = {message.id: message for message in messages}
        self._children: dict[str | None, list[str]] = {}
        for message in sorted(self._messages.values(), key=lambda item: (item.timestamp, item.id)):
            self._children.setdefault(self.parent(message.id), []).append(message.id)

    def parent(self, message_id: str) -> str | None:
        """Return the message before one."""
        parent_id = self._messages[message_id].parent_id
        return parent_id if parent_id in self._messages else None

    def siblings(self, message_id: str) -> tuple[str, ...]:
        """Return all alternatives at a message's place, oldest first, itself included."""
        return tuple(self._children[self.parent(message_id)])

    def path_to(self, message_id: str) -> tuple[str, ...]:
        """Return the way from the first message to this one, which is the last."""
        way: list[str] = []
        at: str | None = message_id
        # A damaged profile may have a circle.
        while at is not None and at not in way:
            way.append(at)
            at = self.parent(at)
        return tuple(reversed(way))

    def newest_leaf(self, message_id: str) -> str:
        """Return the end of the way that goes on with the newest message at each place."""
        at, seen = message_id, {message_id}
        while (children := self._children.get(at)) and children[-1] not in seen:
            at = children[-1]
            seen.add(at)
        return at

    def below(self, message_id: str) -> tuple[str, ...]:
        """Return a message and everything that follows it, on all branches."""
        found = [message_id]
        for item in found:
            found += [child for child in self._children.get(item, ()) if child not in found]
        return tuple(found)

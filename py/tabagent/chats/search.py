"""Full-text search in titles and messages, without regard to case and accents."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tabagent.chat_specs import Chat, Message
from tabagent.chats.history import ChatHistory
from tabagent.errors import JsonObject, JsonValue

# Of a message around the first word that was found.
SNIPPET_BEFORE, SNIPPET_AFTER = 40, 120


@dataclass(slots=True)
class Indexed:
    """A message as it is searched: an answer that is being written changes often, so it folds on demand."""

    message: Message
    _folded: str | None = None

    @property
    def folded(self) -> str:
        """The content without case and accents."""
        if self._folded is None:
            self._folded = folded(self.message.content)
        return self._folded


class ChatSearch:
    """Finds words in all chats; the messages are read when somebody searches first, and kept up to date from then on.

    Args:
        history: Has the chats, and tells of changes.
    """

    def __init__(self, history: ChatHistory) -> None:
        self._history = history
        self._index: dict[str, Indexed] | None = None
        history.watch(self._on_change)

    async def search(self, query: str, limit: int) -> list[JsonObject]:
        """Return where all words of a query stand: in one message, or in a title; the newest chats first."""
        words = list(dict.fromkeys(folded(query).split()))
        if not words:
            return []
        if self._index is None:
            self._index = {message.id: Indexed(message) for message in await self._history.messages()}
        by_chat: dict[str, list[Indexed]] = {}
        for item in self._index.values():
            if all(word in item.folded for word in words):
                by_chat.setdefault(item.message.chat_id, []).append(item)
        found: list[JsonObject] = []
        for chat in await self._history.chats():
            if all(word in folded(chat.title) for word in words):
                found.append(_result(chat, None, chat.title, words))
            items = sorted(by_chat.get(chat.id, ()), key=lambda item: -item.message.timestamp)
            found += [_result(chat, item.message, item.message.content, words) for item in items]
            if len(found) >= limit:
                break
        return found[:limit]

    def _on_change(self, chat_id: str, put: Iterable[Message], gone: Iterable[str]) -> None:
        if self._index is None:
            return
        if not (gone := tuple(gone)) and not (put := tuple(put)):
            # Everything went, or the chat alone changed: read anew when it is needed.
            self._index = None
            return
        for message_id in gone:
            self._index.pop(message_id, None)
        self._index |= {message.id: Indexed(message) for message in put}


def folded(text: str) -> str:
    """Return a text without case and accents."""
    return "".join(_fold(character) for character in text)


def _fold(character: str) -> str:
    if character < "\x80":
        return character.lower()
    plain = "".join(part for part in unicodedata.normalize("NFKD", character) if not unicodedata.combining(part))
    return plain.casefold()


def _result(chat: Chat, message: Message | None, text: str, words: Sequence[str]) -> JsonObject:
    snippet, matches = _snippet(text, words)
    return {
        "chatId": chat.id,
        "title": chat.title,
        "isStarred": chat.starred,
        "messageId": message.id if message is not None else None,
        "snippet": snippet,
        "matches": matches,
        "timestamp": message.timestamp if message is not None else chat.changed_at,
    }


def _snippet(text: str, words: Sequence[str]) -> tuple[str, list[JsonValue]]:
    """Return a part of a text around the first word, and where words stand in it: [from, to] in UTF-16 units.

    A letter may fold to none or to several, so places are found in the folded text and led back.
    """
    places: list[int] = []  # of each folded character, the index of its own
    pieces: list[str] = []
    for index, character in enumerate(text):
        piece = _fold(character)
        pieces.append(piece)
        places += [index] * len(piece)
    whole = "".join(pieces)
    spans = sorted(_spans(whole, words, places))
    first = spans[0][0] if spans else 0
    begin, end = max(0, first - SNIPPET_BEFORE), min(len(text), first + SNIPPET_AFTER)
    head, tail = "…" if begin else "", "…" if end < len(text) else ""
    part = head + text[begin:end].replace("\n", " ") + tail
    shown: list[JsonValue] = []
    for start, stop in _joined(spans):
        if begin <= start and stop <= end:
            before = part[: start - begin + len(head)]
            inside = text[start:stop]
            at = _units(before)
            shown.append([at, at + _units(inside)])
    return part, shown


def _spans(whole: str, words: Sequence[str], places: Sequence[int]) -> Iterable[tuple[int, int]]:
    for word in words:
        at = whole.find(word)
        while at >= 0:
            yield places[at], places[at + len(word) - 1] + 1
            at = whole.find(word, at + len(word))


def _joined(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for start, stop in spans:
        if joined and start < joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], stop))
        else:
            joined.append((start, stop))
    return joined


def _units(text: str) -> int:
    """Return the length of a text as JavaScript counts it."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2

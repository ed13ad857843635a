"""Turns tokens into text while they come: whole characters, whole words, and nothing of a stop string.

A token is not a piece of text. Byte-level tokens are parts of characters, decoders of SentencePiece strip the space
that the first token of a sequence begins with, special tokens have no text. So the newest tokens are decoded together
with a few before them, and what that adds to the text before is the news (as in text-generation-inference and vLLM);
a U+FFFD at the end is a character that is not whole yet. A push decodes at most `WINDOW` tokens however long the
answer is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tabagent.generation.graphemes import cluster_start, joins, last_cluster

# Tokens after which the window moves on, to the newest ones that have the same text alone.
WINDOW = 6
# Bytes that never become a character: the window is cut here although it does not end with a whole one.
LONGEST_WINDOW = 64
REPLACEMENT = "\ufffd"
# Decoders show a character that is not whole as one U+FFFD, or as one for each of its bytes, of which three can be
# there; more of them are no beginning of anything.
OPEN_BYTES = 3
# Words are shown when they are whole; what is longer than this is shown as it comes.
LONGEST_WORD = 16


class Detokenizer:
    """The text of a growing sequence of tokens, without decoding it from the start each time.

    Args:
        decode: Returns the text of a sequence of tokens, special tokens left out. It must not change spaces by the
            words around them (`clean_up_tokenization_spaces` of transformers.js).
    """

    def __init__(self, decode: Callable[[Sequence[int]], str]) -> None:
        self._decode = decode
        self._window: list[int] = []
        self._text = ""  # of the window
        self._told = 0  # characters of it that were returned
        self._whole = 0  # tokens of the window when its text last ended with a whole character

    def push(self, token_id: int) -> str:
        """Add a token and return the text that it makes certain."""
        self._window.append(token_id)
        before, self._text = self._text, self._decode(self._window)
        certain = max(self._told, _certain_length(self._text))
        news = self._text[self._told : certain]
        self._told = certain
        self._move_on(before)
        return news

    def peek(self, token_id: int) -> str:
        """Return what a token would add to the certain text, and a U+FFFD for a character that it leaves open."""
        return self._decode([*self._window, token_id])[self._told :]

    def finish(self) -> str:
        """Return what is left: a character that never became whole, as U+FFFD."""
        news = self._text[self._told :]
        self._told = max(self._told, len(self._text))
        return news

    def _move_on(self, before: str) -> None:
        """Forget old tokens where the text of the others stays the same without them.

        Args:
            before: The window's text without its newest token.
        """
        full = len(self._window) > WINDOW
        if self._told == len(self._text):
            if full and self._text and self._text == before:
                self._window.pop()  # a special token: forgotten, so that a run of them does not fill the window
            elif full:
                self._keep_from(self._whole)
            self._whole = len(self._window)
        elif len(self._window) > LONGEST_WINDOW:
            self._keep_from(len(self._window) - WINDOW)

    def _keep_from(self, start: int) -> None:
        kept = self._window[start:]
        rest = self._decode(kept)
        # Where a character is open, tokens may begin in the middle of one: the end is what must stay as it is.
        end = self._text[max(0, self._told - 1) :] if self._told < len(self._text) else rest
        # Without any text before it, a decoder would strip the next token's space.
        if rest and self._text.endswith(end) and rest.endswith(end):
            self._told -= len(self._text) - len(rest)
            self._window, self._text = kept, rest


class TextStream:
    """An answer's text while its tokens come.

    Whole characters always: one that may still grow (by a combining mark, a skin tone, the second half of a flag) is
    held back. Words are shown when the next one begins, as transformers.js's TextStreamer does; long runs without
    white space, and scripts that write none, character by character. What may be the beginning of a stop string is
    held back until it is one or cannot become one.

    All pushes and `finish` together are what `decode` returns for all tokens, or its beginning before the stop string
    that ends first.

    Args:
        decode: See `Detokenizer`.
        stop: Texts that end the answer and are not shown.
    """

    def __init__(self, decode: Callable[[Sequence[int]], str], stop: Sequence[str] = ()) -> None:
        self._tokens = Detokenizer(decode)
        self._stop = tuple(text for text in stop if text)
        self._held = ""
        self._parts: list[str] = []
        self._stopped = False

    @property
    def stopped(self) -> bool:
        """A stop string was met."""
        return self._stopped

    @property
    def text(self) -> str:
        """Everything that was returned."""
        return "".join(self._parts)

    def push(self, token_id: int) -> str:
        """Add a token and return the text that may be shown now; empty after a stop string."""
        return "" if self._stopped else self._take(self._tokens.push(token_id))

    def peek(self, token_id: int) -> str:
        """Return what the answer would grow by with this token, held back or not; changes nothing.

        A token that has only a part of a character ends in U+FFFD. Its bytes come again with the text of the token
        that makes the character whole, so whoever collects these texts leaves the U+FFFD at the end away.
        """
        return self._tokens.peek(token_id)

    def finish(self) -> str:
        """Return what was held back; no token may come after it."""
        if self._stopped:
            return ""
        shown = self._take(self._tokens.finish())
        rest, self._held = self._held, ""
        self._parts.append(rest)
        return shown + rest

    def _take(self, news: str) -> str:
        if not news:
            return ""
        self._held += news
        end = self._stop_begins() if self._stop else None
        self._stopped = end is not None
        if end is None:
            end = self._showable()
        shown, self._held = self._held[:end], "" if self._stopped else self._held[end:]
        self._parts.append(shown)
        return shown

    def _stop_begins(self) -> int | None:
        """Return where the stop string begins that ends first; the longest of those that end together."""
        found = [(self._held.find(text), text) for text in self._stop]
        ends = [(start + len(text), start) for start, text in found if start >= 0]
        return min(ends)[1] if ends else None

    def _showable(self) -> int:
        """Return how much of the held text may be shown."""
        end = _settled(self._held)
        if not self._stop:
            return end
        limit = min(_possible_stop(self._held, text) for text in self._stop)
        if limit >= end:
            return end
        return cluster_start(self._held, limit)


def _certain_length(text: str) -> int:
    """Return the length of a text without a character at its end that is not whole."""
    if not text.endswith(REPLACEMENT):
        return len(text)
    open_characters = len(text) - len(text.rstrip(REPLACEMENT))
    return len(text) - min(open_characters, OPEN_BYTES)


def _settled(text: str) -> int:
    """Return the length of a text without its last word, or without its last character where words are not spaced."""
    if text.isascii():
        word = len(text) if text[-1] == "\n" else max(text.rfind(" "), text.rfind("\n") + 1, 0)
        return word if len(text) - word <= LONGEST_WORD else len(text) - 1
    end = last_cluster(text)
    word = next((index for index in range(end, 0, -1) if _word_begins(text, index)), 0)
    unfinished = text[word:]
    if len(unfinished) > LONGEST_WORD or not all(map(_in_spaced_words, unfinished)):
        return end
    return word


def _word_begins(text: str, index: int) -> bool:
    if index == len(text):
        return True
    return (text[index].isspace() or text[index - 1] == "\n") and not joins(text, index)


def _in_spaced_words(character: str) -> bool:
    """Tell whether a character belongs to a script that puts spaces between words: those before Thai, in Unicode."""
    return character < "\u0e00" or "\u1e00" <= character <= "\u206f"


def _possible_stop(text: str, stop: str) -> int:
    """Return where the longest end of `text` begins that `stop` begins with."""
    start = text.find(stop[0], max(0, len(text) - len(stop) + 1))
    while start >= 0 and not stop.startswith(text[start:]):
        start = text.find(stop[0], start + 1)
    return start if start >= 0 else len(text)

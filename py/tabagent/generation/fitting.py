"""Makes a conversation fit the model's context by leaving out its oldest turns.

What is read again costs time: the KV cache of the last answer serves as far as the next prompt begins with the same
tokens. A conversation that lost one more turn with each message would begin differently each time, and be read from
its start each time. So turns are left out in blocks of about a quarter of the room, and where the blocks end depends
on nothing but what the conversation begins with. As it grows, it begins with the same turn until the room is full,
then about a quarter of the room becomes free.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate

from tabagent.engine_errors import ContextOverflow
from tabagent.specs import ChatMessage

Turn = tuple[ChatMessage, ...]
# Blocks that the room has.
BLOCKS = 4
# Where only the last turn is left, its answer may get shorter than was asked for, down to this part of the context.
SHORTEST_ANSWER = 16
# A start from which there would be more characters than these for each token of the room is not even tried. The
# average is 3 to 5 in prose and code; tokens of long runs of one character are longer.
MOST_CHARACTERS = 16
# Probes that trust the ratio of tokens to characters found so far; after them the rest is halved.
GUESSES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """A conversation that fits.

    Attributes:
        token_ids: The prompt.
        messages: What is left of the conversation.
        left_out: How many messages are not.
    """

    token_ids: list[int]
    messages: tuple[ChatMessage, ...]
    left_out: int


def fit(
    messages: Sequence[ChatMessage],
    encode_prompt: Callable[[tuple[ChatMessage, ...]], list[int]],
    context_length: int,
    reserve: int,
) -> Fitted:
    """Return the prompt of a conversation, without its oldest turns where it is too long.

    A turn is what the user says and everything up to where the user speaks again; messages of the user that follow
    each other (a page and a question about it) belong together. System messages at the start and the last turn stay.

    Args:
        messages: The conversation.
        encode_prompt: Returns the prompt's tokens; called once where everything fits, a few times where it does not.
        context_length: Tokens that the model can attend to.
        reserve: Tokens that are to be left for the answer.

    Raises:
        ContextOverflow: What has to stay does not fit together with the shortest answer.
    """
    system, turns = _parts(messages)
    room = context_length - reserve
    starts = _starts(turns, max(1, room // BLOCKS))
    prompts = _Prompts(messages, system, turns, encode_prompt)
    start = _first_that_fits(prompts, [start for start in starts if prompts.may_fit(start, room)] or starts[-1:], room)
    tokens = prompts.tokens(start)
    shortest = min(reserve, max(1, context_length // SHORTEST_ANSWER))
    if len(tokens) + shortest > context_length:
        raise ContextOverflow(len(tokens), context_length)
    kept = prompts.messages(start)
    return Fitted(token_ids=tokens, messages=kept, left_out=len(messages) - len(kept))


class _Prompts:
    """The prompts that a conversation can be cut to; each is encoded once."""

    def __init__(
        self,
        messages: Sequence[ChatMessage],
        system: Turn,
        turns: Sequence[Turn],
        encode: Callable[[tuple[ChatMessage, ...]], list[int]],
    ) -> None:
        self._all, self._system, self._turns, self._encode = tuple(messages), system, turns, encode
        self._tokens: dict[int, list[int]] = {}
        sizes = [sum(len(message.content) for message in turn) for turn in turns]
        # Characters from each turn to the end, those of the system messages with them.
        self._characters = list(accumulate(reversed(sizes), initial=sum(len(message.content) for message in system)))
        self._characters.reverse()

    def messages(self, start: int) -> tuple[ChatMessage, ...]:
        """Return the conversation from a turn on."""
        if start == 0:
            return self._all
        return self._system + tuple(message for turn in self._turns[start:] for message in turn)

    def tokens(self, start: int) -> list[int]:
        """Return the prompt from a turn on."""
        if start not in self._tokens:
            self._tokens[start] = self._encode(self.messages(start))
        return self._tokens[start]

    def may_fit(self, start: int, room: int) -> bool:
        """Tell without encoding whether a prompt has any chance to fit."""
        return start == len(self._turns) - 1 or self._characters[start] <= room * MOST_CHARACTERS

    def guess(self, start: int, known: int) -> float:
        """Return the tokens of a prompt if it has as many for a character as one that is known."""
        return len(self.tokens(known)) * self._characters[start] / max(1, self._characters[known])


def _parts(messages: Sequence[ChatMessage]) -> tuple[Turn, list[Turn]]:
    """Return the system messages at the start, and the turns."""
    first = next((index for index, message in enumerate(messages) if message.role != "system"), len(messages))
    turns: list[list[ChatMessage]] = [[]]
    before = "user"
    for message in messages[first:]:
        if message.role == "user" and before != "user":
            turns.append([])
        turns[-1].append(message)
        before = message.role
    return tuple(messages[:first]), [tuple(turn) for turn in turns]


def _starts(turns: Sequence[Turn], block: int) -> list[int]:
    """Return the turns that a prompt may begin with: the first, those that begin a block, and the last.

    Behind the last whole block they lie closer, at halves, quarters and so on, for turns that have more tokens than
    their weight says.
    """
    ends = list(accumulate(_weight(turn) for turn in turns))
    starts = [0]
    while block:
        between = range(starts[-1] + 1, len(turns) - 1)
        starts += [index for index in between if _block(ends, index, block) > _block(ends, index - 1, block)]
        block //= 2
    return starts if len(turns) == 1 else [*starts, len(turns) - 1]


def _block(ends: Sequence[float], index: int, block: int) -> int:
    """Return the number of the block in which a turn begins."""
    return int(ends[index - 1] // block) if index else 0


def _weight(turn: Turn) -> float:
    """Return about how many tokens a turn has, by nothing but its text: a start must not move when more is said.

    A quarter of a token for a letter of English, one for a character of Chinese, five for a message's frame.
    """
    texts = [message.content for message in turn]
    return sum(5 + len(text) / 4 + (len(text.encode("utf-8", "replace")) - len(text)) * 3 / 8 for text in texts)


def _first_that_fits(prompts: _Prompts, starts: Sequence[int], room: int) -> int:
    """Return the earliest start from which the prompt fits, or the last start."""
    if len(starts) == 1 or len(prompts.tokens(starts[0])) <= room:
        return starts[0]
    too_long, fits, known, guesses = 0, len(starts) - 1, starts[0], GUESSES
    while fits - too_long > 1:
        between = range(too_long + 1, fits)
        probe = between[len(between) // 2]
        if guesses:
            guesses -= 1
            probe = next((index for index in between if prompts.guess(starts[index], known) <= room), between[-1])
        known = starts[probe]
        if len(prompts.tokens(known)) <= room:
            fits = probe
        else:
            too_long = probe
    return starts[fits]

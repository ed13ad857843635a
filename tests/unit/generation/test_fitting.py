"""Conversations that are too long lose their oldest turns, and not one more with every message."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabagent.engine_errors import ContextOverflow
from tabagent.generation.fitting import Fitted, fit
from tabagent.specs import ChatMessage


class Encoder:
    """A tokenizer of `width` characters a token, with a frame of 4 tokens a message and 3 for the answer's start."""

    def __init__(self, width: int = 4) -> None:
        self.width = width
        self.prompts: list[int] = []

    def __call__(self, messages: Sequence[ChatMessage]) -> list[int]:
        tokens = [token for message in messages for token in self.message(message)] + [1, 2, 3]
        self.prompts.append(len(tokens))
        return tokens

    def message(self, message: ChatMessage) -> list[int]:
        return [hash(message) % 1000] * (4 + -(-len(message.content) // self.width))


class Mixed(Encoder):
    """A tokenizer that takes eight ASCII characters together, and every other one alone."""

    def message(self, message: ChatMessage) -> list[int]:
        return [1] * (4 + len(message.content) // (8 if message.content.isascii() else 1))


def turn(number: int, length: int = 200, letter: str = "a") -> list[ChatMessage]:
    return [ChatMessage("user", f"{number:05} ".ljust(length, letter)), ChatMessage("assistant", letter * length)]


def chat(turns: int, length: int = 200, system: str = "Be brief.", letter: str = "a") -> list[ChatMessage]:
    """Return a conversation of whole turns and a last question."""
    head = [ChatMessage("system", system)] if system else []
    return [
        *head,
        *(message for number in range(turns) for message in turn(number, length, letter)),
        ChatMessage("user", "And?"),
    ]


def begins_with(fitted: Fitted) -> str:
    return next(message.content[:5] for message in fitted.messages if message.role == "user")


roles = st.sampled_from(["user", "assistant", "tool", "system"])
conversations = st.lists(st.builds(ChatMessage, roles, st.text("ab 你\n", max_size=400)), min_size=1, max_size=30)


def test_what_fits_stays_as_it_is_and_is_encoded_once() -> None:
    encode, messages = Encoder(), chat(3)
    fitted = fit(messages, encode, 4096, 512)

    assert fitted == Fitted(token_ids=Encoder()(messages), messages=tuple(messages), left_out=0)
    assert len(encode.prompts) == 1


@pytest.mark.parametrize("turns_left_out", [0, 1, 2])
def test_a_prompt_may_take_all_of_the_room(turns_left_out: int) -> None:
    messages = chat(3)
    wanted = [messages[0], *messages[1 + 2 * turns_left_out :]]
    fitted = fit(messages, Encoder(), len(Encoder()(wanted)) + 100, 100)

    assert fitted.messages == tuple(wanted)


def test_whole_turns_are_left_out_the_oldest_first() -> None:
    messages = chat(20)
    fitted = fit(messages, Encoder(), 1024, 256)

    assert fitted.messages[0] == messages[0]
    assert fitted.messages[1:] == tuple(messages[1 + fitted.left_out :])
    assert fitted.left_out % 2 == 0
    assert 0 < len(fitted.token_ids) <= 768
    assert fitted.token_ids == Encoder()(fitted.messages)


@given(conversations, st.integers(1, 600), st.integers(0, 200), st.integers(1, 6))
def test_a_prompt_that_fits_has_system_and_last_turn_and_is_the_end_of_the_conversation(
    messages: list[ChatMessage], context: int, reserve: int, width: int
) -> None:
    encode = Encoder(width)
    reserve = min(reserve, context - 1)
    try:
        fitted = fit(messages, encode, context, reserve)
    except ContextOverflow:
        return

    system = next((index for index, message in enumerate(messages) if message.role != "system"), len(messages))
    assert len(fitted.token_ids) < context or reserve == 0
    assert fitted.token_ids == encode(fitted.messages)
    assert fitted.messages == (*messages[:system], *messages[system + fitted.left_out :])
    last = max((index for index, message in enumerate(messages) if message.role == "user"), default=-1)
    assert last < 0 or fitted.messages[-(len(messages) - last) :] == tuple(messages[last:])
    if fitted.left_out:
        assert len(encode(messages)) > context - reserve
        assert messages[system + fitted.left_out].role == "user"
        assert messages[system + fitted.left_out - 1].role != "user"


@given(conversations, st.integers(1, 300))
def test_what_has_to_stay_and_does_not_fit_is_refused_and_nothing_else_is(
    messages: list[ChatMessage], context: int
) -> None:
    users = [index for index, message in enumerate(messages) if message.role == "user"]
    first = next((index for index, message in enumerate(messages) if message.role != "system"), len(messages))
    last = next((index for index in reversed(users) if index == first or messages[index - 1].role != "user"), first)
    least = len(Encoder()([*messages[:first], *messages[last:]]))
    try:
        fit(messages, Encoder(), context, 0)
    except ContextOverflow:
        assert least > context
    else:
        assert least <= context


def test_a_page_and_the_question_about_it_belong_together() -> None:
    page = [ChatMessage("user", "p" * 1600), ChatMessage("user", "What does it say?")]
    fitted = fit([*chat(5)[:-1], *page], Encoder(), 600, 100)

    assert fitted.messages[-2:] == tuple(page)


def test_an_answer_that_is_to_be_continued_stays_with_its_question() -> None:
    messages = [*chat(20), ChatMessage("assistant", "Well, ")]
    fitted = fit(messages, Encoder(), 512, 128)

    assert fitted.messages[-2:] == tuple(messages[-2:])


def test_a_greeting_before_the_first_question_is_left_out_first() -> None:
    messages = [ChatMessage("assistant", "Hello! " * 20), *chat(3, system="")]
    fitted = fit(messages, Encoder(), 340, 20)

    assert fitted.left_out >= 1
    assert fitted.messages[0].role == "user"


def test_a_turn_that_cannot_fit_is_refused_with_what_it_needs() -> None:
    messages = [*chat(5)[:-1], ChatMessage("user", "x" * 4000)]

    with pytest.raises(ContextOverflow) as overflow:
        fit(messages, Encoder(), 1000, 200)
    assert overflow.value.details == {"tokens": len(Encoder()([messages[0], messages[-1]])), "contextLength": 1000}


def test_the_last_turn_may_take_of_the_room_for_its_answer() -> None:
    messages = [*chat(5)[:-1], ChatMessage("user", "x" * 3600)]
    fitted = fit(messages, Encoder(), 1000, 200)

    assert fitted.messages == (messages[0], messages[-1])
    assert 800 < len(fitted.token_ids) <= 1000 - 62


@pytest.mark.parametrize("width", [1, 2, 4, 6])
@pytest.mark.parametrize("length", [40, 200, 700])
def test_as_a_conversation_grows_it_mostly_begins_with_the_same_turn(width: int, length: int) -> None:
    room, a_turn = 3000, 2 * (4 + length / width)
    beginnings: list[str] = []
    fill: list[int] = []
    for turns in range(10 + int(4 * room / a_turn)):
        fitted = fit(chat(turns, length), Encoder(width), room + 500, 500)
        if fitted.left_out:
            beginnings.append(begins_with(fitted))
            fill.append(len(fitted.token_ids))

    assert beginnings == sorted(beginnings)
    # A move makes an eighth of the room free at least, even where the estimate of a turn's tokens is far off.
    assert len(set(beginnings)) <= 2 + len(beginnings) / max(1, (room / 8) // a_turn)
    assert sum(fill) / len(fill) > room / 3


@pytest.mark.parametrize(("letter", "length", "width"), [("a", 200, 4), ("字", 50, 1)])
def test_a_cut_leaves_about_three_quarters_of_the_room(letter: str, length: int, width: int) -> None:
    before = None
    after_a_cut = []
    for turns in range(120):
        fitted = fit(chat(turns, length, letter=letter), Encoder(width), 4096, 1024)
        if fitted.left_out and before is not None and fitted.left_out != before.left_out:
            after_a_cut.append(len(fitted.token_ids) / 3072)
        before = fitted

    assert len(after_a_cut) > 5
    assert all(0.68 < share < 0.86 for share in after_a_cut)


@pytest.mark.parametrize("turns", [30, 100, 1000])
@pytest.mark.parametrize("width", [2, 4, 8])
def test_a_long_conversation_is_encoded_a_few_times(turns: int, width: int) -> None:
    encode = Encoder(width)
    fitted = fit(chat(turns), encode, 2048, 512)

    assert len(fitted.token_ids) <= 1536
    assert len(encode.prompts) <= 5
    # However long it is: no prompt is encoded that is far too long.
    assert max(encode.prompts) <= 1536 * 16 / width * 1.2


def test_a_conversation_in_two_languages_is_encoded_a_few_times_too() -> None:
    encode = Mixed()
    fitted = fit([*chat(920, letter="字")[:-1], *chat(80, system="")], encode, 8192, 512)

    assert len(fitted.token_ids) <= 8192 - 512
    # Three guesses, then halves of what is left.
    assert len(encode.prompts) <= 8


def test_a_long_system_message_counts_where_tokens_are_guessed() -> None:
    encode = Encoder()
    fit(chat(300, system="s" * 5000), encode, 2048, 512)

    assert len(encode.prompts) <= 4

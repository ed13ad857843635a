"""What was computed of a chat serves its next turn, and no other chat, and never changes an answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tabagent.events import RuntimeMessageTypes, WorkerEventNames
from tabagent.generation.prefill import FEWEST_TOGETHER
from tests.browser.generation.asking import Asker, Message, new_id, talk
from tests.browser.generation.reference import Reference
from tests.browser.wire import Payload

TOKENS = 24
FIRST = ["Where is the sea?", "And the mountains?", "Who lives there?", "Thank you."]
SECOND = ["Where is the fish?", "And the mountains?", "How many are there?", "Thank you."]


class Chat:
    """A conversation in which the real answers are kept.

    Args:
        asker: Asks.
        options: Of each answer.
    """

    def __init__(self, asker: Asker, **options: Any) -> None:
        self._asker, self._options = asker, {"max_new_tokens": TOKENS, **options}
        self.chat_id = new_id("chat")
        self.messages: list[Message] = []
        self.answers: list[Payload] = []

    def say(self, text: str) -> Payload:
        """Ask for the next answer and return it."""
        self.messages.append({"role": "user", "content": text})
        answer = self._asker.answer(self.messages, chat_id=self.chat_id, **self._options)
        self.messages.append({"role": "assistant", "content": answer["generatedText"]})
        self.answers.append(answer)
        return answer

    def say_all(self, texts: list[str]) -> Chat:
        """Go through a whole conversation."""
        for text in texts:
            self.say(text)
        return self

    @property
    def texts(self) -> list[str]:
        """The answers' texts."""
        return [str(answer["generatedText"]) for answer in self.answers]

    @property
    def cached(self) -> list[int]:
        """How many tokens of each prompt were known."""
        return [int(answer["cachedTokens"]) for answer in self.answers]


def interleaved(asker: Asker, **options: Any) -> tuple[Chat, Chat]:
    """Return two conversations whose turns came in turn."""
    one, other = Chat(asker, **options), Chat(asker, **options)
    for first, second in zip(FIRST, SECOND, strict=True):
        one.say(first)
        other.say(second)
    return one, other


def kv_bytes(asker: Asker) -> int:
    """Return the bytes of all KV caches."""
    stats: Payload = asker.wire.ask(WorkerEventNames.REQUEST_MEMORY_STATS)["stats"]
    return int(stats["kvCaches"])


@pytest.fixture
def no_room(lively: Asker) -> Iterator[Asker]:
    """Somebody whose chats may keep nothing."""

    def allow(megabytes: int | None) -> None:
        payload = {"scope": "resources", "values": {"cache_megabytes": megabytes}}
        assert lively.wire.ask(RuntimeMessageTypes.SAVE_SETTINGS, payload)["success"]

    allow(0)
    yield lively
    allow(None)


def test_two_chats_in_turn_answer_as_each_alone_as_without_a_cache_and_as_the_reference(
    lively: Asker, reference: Reference
) -> None:
    one, other = interleaved(lively)
    uncached = interleaved(lively, use_cache=False)

    assert one.texts == Chat(lively).say_all(FIRST).texts == uncached[0].texts
    assert other.texts == Chat(lively).say_all(SECOND).texts == uncached[1].texts
    assert set(one.texts).isdisjoint(other.texts), "chats that answer alike would prove nothing"
    for chat in (one, other):
        for turn, text in enumerate(chat.texts):
            prompt = reference.prompt(chat.messages[: 2 * turn + 1])
            assert text == reference.text(reference.greedy(prompt, max_new_tokens=TOKENS))
    assert uncached[0].cached == uncached[1].cached == [0, 0, 0, 0]


def test_every_turn_goes_on_from_the_one_before_it_in_the_same_chat(lively: Asker) -> None:
    chats = interleaved(lively)

    for chat in chats:
        assert chat.cached[0] == 0, "another chat's beginning is not its own"
        for before, after in zip(chat.answers, chat.answers[1:], strict=False):
            # The template's end of the answer and the next question are new.
            assert after["cachedTokens"] >= before["promptTokens"]
            assert after["cachedTokens"] < after["promptTokens"]


def test_a_second_answer_to_the_same_question_reads_its_last_tokens_alone(lively: Asker) -> None:
    chat = Chat(lively).say_all(FIRST[:2])
    asked = lively.ask(chat.messages[:-1], chat_id=chat.chat_id, max_new_tokens=TOKENS)
    again = lively.finished(asked)

    assert again["generatedText"] == chat.texts[-1]
    assert again["cachedTokens"] == again["promptTokens"] - FEWEST_TOGETHER
    assert [status["done"] for status in lively.statuses(asked)] == [again["promptTokens"]]


@pytest.mark.parametrize("changed", [0, 1, 2])
def test_a_changed_question_keeps_what_stands_before_it(lively: Asker, reference: Reference, changed: int) -> None:
    chat = Chat(lively).say_all(FIRST)
    before = chat.messages[: 2 * changed]
    messages = [*before, {"role": "user", "content": "Something else, please."}]
    edited = lively.answer(messages, chat_id=chat.chat_id, max_new_tokens=TOKENS)
    old, new = (reference.prompt([*before, turn]) for turn in (chat.messages[2 * changed], messages[-1]))
    shared = next(index for index, pair in enumerate(zip(old, new, strict=False)) if pair[0] != pair[1])

    assert edited["generatedText"] == lively.text(messages, max_new_tokens=TOKENS) not in chat.texts
    # An answer's own tokens may be others than those of its text, so only what was a prompt is sure to be found.
    known = chat.answers[changed - 1]["promptTokens"] if changed else shared
    assert known <= edited["cachedTokens"] <= shared


def test_an_answer_that_breaks_off_leaves_a_cache_that_is_right(lively: Asker) -> None:
    chat = Chat(lively)
    chat.say(FIRST[0])
    asked = lively.ask([*chat.messages, *talk(FIRST[1])], chat_id=chat.chat_id, max_new_tokens=2000)
    lively.wait_for_tokens(asked, 30)
    lively.wire.ask(RuntimeMessageTypes.INTERRUPT_GENERATION)
    lively.outcome(asked)

    assert chat.say_all(FIRST[1:3]).texts == Chat(lively).say_all(FIRST[:3]).texts


def test_without_room_nothing_is_kept_and_answers_are_the_same(no_room: Asker) -> None:
    chat = Chat(no_room).say_all(FIRST[:3])

    assert chat.cached == [0, 0, 0]
    assert kv_bytes(no_room) == 0
    assert chat.texts == Chat(no_room, use_cache=False).say_all(FIRST[:3]).texts


def test_what_is_kept_is_counted(lively: Asker) -> None:
    before = kv_bytes(lively)
    Chat(lively).say(FIRST[0])

    assert kv_bytes(lively) > before

"""What comes while an answer is written: whole characters, figures, ids, and in the end the same text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tabagent.events import RuntimeMessageTypes
from tests.browser.generation.asking import Asked, Asker, talk
from tests.browser.generation.reference import Reference
from tests.browser.wire import Payload

TOKENS = 40


def high_bytes_only(reference: Reference) -> list[int]:
    """Return the tokens whose suppression leaves nothing but bytes that are parts of characters."""
    return [token for token in range(320) if reference.text([token]).isascii()]


def written(asker: Asker, said: Sequence[dict[str, str]], **options: Any) -> tuple[Asked, Payload, list[Payload]]:
    """Ask and return the question, the whole answer, and its updates."""
    asked = asker.ask(said, **options)
    answer = asker.finished(asked)
    return asked, answer, asker.updates(asked)


def test_bytes_that_are_no_text_come_as_the_tokenizer_decodes_them(lively: Asker, reference: Reference) -> None:
    said, banned = talk("Noise, please."), high_bytes_only(reference)
    tokens = reference.greedy(reference.prompt(said), suppress_tokens=banned, max_new_tokens=TOKENS)
    _, answer, updates = written(lively, said, suppress_tokens=banned, max_new_tokens=TOKENS)

    assert "\ufffd" in answer["generatedText"]
    assert answer["generatedText"] == reference.text(tokens) == "".join(update["token"] for update in updates)


def test_what_may_become_a_stop_string_is_never_shown(lively: Asker, reference: Reference) -> None:
    said = talk("Tell me something.")
    text = reference.text(reference.greedy(reference.prompt(said), max_new_tokens=TOKENS))
    stop = text[len(text) // 2 : len(text) // 2 + 12]
    _, answer, updates = written(lively, said, max_new_tokens=TOKENS, stop=[stop])

    assert answer["generatedText"] == "".join(update["token"] for update in updates) == text[: text.index(stop)]


def test_figures_are_in_every_update_and_in_the_end_and_fit_each_other(lively: Asker) -> None:
    said = talk("The fox walked over the hill and saw the sea. " * 20)
    asked, answer, updates = written(lively, said, max_new_tokens=400)
    counts = [update["numTokens"] for update in updates]

    assert counts == sorted(counts)
    assert 1 <= counts[0] <= counts[-1] <= answer["numTokens"] == 400
    assert {update["timeToFirstToken"] for update in updates} == {answer["timeToFirstToken"]}
    assert 0 < answer["timeToFirstToken"] < 120_000
    assert {update["prefillTps"] for update in updates} == {answer["prefillTps"]}
    assert answer["prefillTps"] >= answer["promptTokens"] / (answer["timeToFirstToken"] / 1000) * 0.99
    assert all(update["tps"] > 0 for update in updates if update["numTokens"] > 1)
    assert 0 < answer["tps"] < 1_000_000
    statuses = [status for status in lively.statuses(asked) if status["phase"] == "prefill"]
    done = [status["done"] for status in statuses]
    assert done == sorted(set(done))
    assert done[-1] == answer["promptTokens"]
    assert {status["total"] for status in statuses} == {answer["promptTokens"]}


def test_every_event_of_an_answer_names_its_chat_and_message(lively: Asker) -> None:
    asked, answer, updates = written(lively, talk("Hello"), chat_id="a chat", max_new_tokens=20)
    statuses = lively.statuses(asked)
    events = lively.wire.events(since=asked.since)

    assert statuses
    assert updates
    told = {(part["chatId"], part["messageId"]) for part in (*statuses, *updates, answer, asked.reply)}
    assert told == {("a chat", asked.message_id)}
    of_answers = [event for event in events if event.name.startswith("generation")]
    assert {event.payload["messageId"] for event in of_answers} == {asked.message_id}


def test_what_a_page_asks_meanwhile_is_answered_between_two_tokens(lively: Asker) -> None:
    lively.wire.ask_in_turn(RuntimeMessageTypes.CHECK_BACKGROUND_READY, 2000)
    _, _, updates = written(lively, talk("Hello"), max_new_tokens=400)

    # Text is told fifteen times a second; unasked, the thread gives its turn away five times a second.
    assert lively.wire.answered_among(len(updates)) > len(updates)


def test_special_tokens_are_hidden(lively: Asker, reference: Reference) -> None:
    said = talk("Hello")
    tokens = reference.greedy(reference.prompt(said), forced_bos_token_id=1, max_new_tokens=TOKENS)
    _, answer, updates = written(lively, said, forced_bos_token_id=1, max_new_tokens=TOKENS)

    assert tokens[0] == 1
    assert answer["generatedText"] == reference.text(tokens)
    assert updates[0]["numTokens"] >= 1
    assert "<|" not in updates[0]["token"]
    assert answer["numTokens"] == TOKENS

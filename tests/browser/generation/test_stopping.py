"""Stop at any moment: what was written is kept, and the next answer is right."""

from __future__ import annotations

import random

import pytest

from tabagent.events import RuntimeMessageTypes, WorkerEventNames
from tests.browser.generation.asking import PATIENCE_S, Asker, new_id, question, talk
from tests.browser.wire import HeardEvent

SEEDS = 50
LONG = talk("The fox walked over the hill and saw the sea. " * 30)
# More than is ever waited for.
ENDLESS = 15_000
KNOWN_TOKENS, NEXT_TOKENS = 300, 12
# What is waited for at most, in tokens of the answer.
LATEST = 200
# The page itself stops the answer: on the way to the test's process a moment would become a long one.
ASK_AND_STOP = """([ask, stop, names, { read, written, milliseconds }]) => {
  const { messageId } = ask.payload;
  const there = ({ type, payload }) =>
    payload.messageId === messageId &&
    ((type === names.status && payload.phase === "prefill" && read !== null && payload.done >= read) ||
      (type === names.update && payload.numTokens >= written));
  const { port } = wire;
  const look = (batch) => {
    if (!batch.some(there)) return;
    port.onMessage.removeListener(look);
    setTimeout(() => port.postMessage(stop), milliseconds);
  };
  if (read !== 0) port.onMessage.addListener(look);
  port.postMessage(ask);
  if (read === 0) port.postMessage(stop);
}"""
NAMES = {"status": WorkerEventNames.GENERATION_STATUS, "update": WorkerEventNames.GENERATION_UPDATE}


def ask_and_stop(asker: Asker, moment: dict[str, float | None], chat_id: str) -> tuple[HeardEvent, str]:
    """Ask, stop when so much was read or written, and return how that ended and what was streamed."""
    since, message_id = asker.wire.mark(), new_id("message")
    payload = question(LONG, chat_id=chat_id, message_id=message_id, max_new_tokens=ENDLESS)
    ask = asker.wire.envelope(RuntimeMessageTypes.SEND_CHAT_MESSAGE, payload)
    stop = asker.wire.envelope(RuntimeMessageTypes.INTERRUPT_GENERATION, {"messageId": message_id})
    asker.wire.page.evaluate(ASK_AND_STOP, [ask, stop, NAMES, moment])
    assert asker.wire.reply(ask["requestId"], timeout_s=PATIENCE_S)["success"]
    outcome = asker.wire.outcome(message_id, since=since, timeout_s=PATIENCE_S)
    stopped = asker.wire.reply(stop["requestId"], timeout_s=PATIENCE_S)
    assert stopped["success"], (stopped, moment, outcome)
    return outcome, asker.wire.streamed(message_id, since=since)


def random_moment(seed: int, prompt_tokens: int) -> dict[str, float | None]:
    """Return when to stop: right away, in the prompt, or in the answer, and some milliseconds later."""
    numbers = random.Random(seed)  # noqa: S311 - the same moments each time
    read = [0, numbers.randrange(1, prompt_tokens), None, None][seed % 4]
    return {"read": read, "written": numbers.randrange(1, LATEST), "milliseconds": numbers.randrange(60)}


@pytest.fixture(scope="module")
def whole(lively: Asker) -> str:
    """The beginning of what nobody stops."""
    return lively.text(LONG, max_new_tokens=KNOWN_TOKENS, use_cache=False)


@pytest.fixture(scope="module")
def prompt_tokens(lively: Asker) -> int:
    """How long the prompt is."""
    return int(lively.answer(LONG, max_new_tokens=1)["promptTokens"])


# Ten at a time: each test has its own limit of time.
@pytest.mark.parametrize("first", range(0, SEEDS, 10))
def test_answers_stopped_at_random_moments_leave_the_next_ones_right(
    lively: Asker, whole: str, prompt_tokens: int, first: int
) -> None:
    beginning, elsewhere = (
        lively.text(said, max_new_tokens=NEXT_TOKENS, use_cache=False) for said in (LONG, talk("Hello"))
    )
    ends = []
    for seed in range(first, first + 10):
        chat_id = f"stopped {seed % 3}"
        outcome, streamed = ask_and_stop(lively, random_moment(seed, prompt_tokens), chat_id)
        ended = outcome.payload
        ends.append(ended["numTokens"])
        assert outcome.name == WorkerEventNames.GENERATION_STOPPED
        assert ended["finishReason"] == "stopped"
        assert ended["generatedText"] == streamed
        assert whole.startswith(streamed[: len(whole)]), seed
        # The same chat goes on from what was computed; a new one must not see any of it.
        assert lively.text(LONG, chat_id=chat_id if seed % 2 else "", max_new_tokens=NEXT_TOKENS) == beginning, seed
        if seed % 5 == 0:
            assert lively.text("Hello", chat_id=chat_id, max_new_tokens=NEXT_TOKENS) == elsewhere, seed

    assert ends.count(0) >= 2, "some are stopped before their first token"
    assert len([tokens for tokens in ends if tokens]) >= 3, "and some after it"


def test_a_stop_right_behind_the_question_ends_it_before_its_first_token(lively: Asker) -> None:
    outcome, streamed = ask_and_stop(lively, {"read": 0, "written": 0, "milliseconds": 0}, "stopped at once")

    assert outcome.name == WorkerEventNames.GENERATION_STOPPED
    assert (streamed, outcome.payload["numTokens"], outcome.payload["tps"]) == ("", 0, 0)


def test_a_stop_after_the_end_is_refused_and_changes_nothing(lively: Asker) -> None:
    asked = lively.ask("Hello", max_new_tokens=NEXT_TOKENS)
    text = lively.finished(asked)["generatedText"]
    refused = lively.wire.ask(RuntimeMessageTypes.INTERRUPT_GENERATION, {"messageId": asked.message_id})

    assert refused["error"]["code"] == "invalid_state"
    assert lively.text("Hello", max_new_tokens=NEXT_TOKENS) == text

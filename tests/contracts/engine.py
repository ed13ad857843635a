"""The contract of `InferenceEngine`, on an engine that has a model loaded."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from tabagent.parameters import GenerationSettings
from tabagent.ports.engine import InferenceEngine
from tabagent.specs import ChatMessage

MESSAGES = (ChatMessage("user", "one two three four five six"),)
SETTINGS = GenerationSettings(max_new_tokens=4)


class Answer:
    """Collects what an engine streams."""

    def __init__(self) -> None:
        self.text = ""
        self.counts: list[int] = []

    def sink(self, text: str, count: int) -> None:
        self.text += text
        self.counts.append(count)


async def a_probe_counts_at_least_one_thread(engine: InferenceEngine) -> None:
    report = await engine.probe()

    assert report.threads >= 1
    assert report.webgpu or not report.f16


async def a_conversation_becomes_token_ids(engine: InferenceEngine) -> None:
    ids = engine.encode(MESSAGES)

    assert len(ids) >= 6
    assert all(isinstance(token, int) and token >= 0 for token in ids)


async def an_answer_has_at_most_the_tokens_that_were_asked_for(engine: InferenceEngine) -> None:
    answer = Answer()
    await engine.clear_cache()
    await engine.decode(engine.encode(MESSAGES), SETTINGS, answer.sink)

    assert 1 <= answer.counts[-1] <= 4
    assert answer.counts == sorted(answer.counts)


async def a_prompt_read_in_pieces_gives_the_answer_of_the_whole(engine: InferenceEngine) -> None:
    ids = engine.encode(MESSAGES)
    whole, pieced = Answer(), Answer()
    await engine.clear_cache()
    await engine.decode(ids, SETTINGS, whole.sink)
    await engine.clear_cache()
    await engine.prefill(ids[:1])
    await engine.prefill(ids[1:-1])
    await engine.decode(ids, SETTINGS, pieced.sink)

    assert pieced.text == whole.text


async def an_interrupted_answer_ends_and_the_next_one_is_whole(engine: InferenceEngine) -> None:
    ids = engine.encode(MESSAGES)
    first, second = Answer(), Answer()

    def stop_at_once(text: str, count: int) -> None:
        first.sink(text, count)
        engine.interrupt()

    await engine.clear_cache()
    ended = await engine.decode(ids, SETTINGS, stop_at_once)
    await engine.clear_cache()
    await engine.decode(ids, SETTINGS, second.sink)

    assert first.counts[-1] == 1
    assert not ended
    assert second.counts[-1] > 1


Case = Callable[[InferenceEngine], Awaitable[None]]
CASES: tuple[Case, ...] = (
    a_probe_counts_at_least_one_thread,
    a_conversation_becomes_token_ids,
    an_answer_has_at_most_the_tokens_that_were_asked_for,
    a_prompt_read_in_pieces_gives_the_answer_of_the_whole,
    an_interrupted_answer_ends_and_the_next_one_is_whole,
)

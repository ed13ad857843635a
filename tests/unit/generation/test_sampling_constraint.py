"""Picking tokens under a constraint: JSON from a model that knows nothing."""

from __future__ import annotations

import json
import math
import random
from array import array
from collections import Counter

import jsonschema
import pytest

from tabagent.errors import JsonObject
from tabagent.generation.json_grammar import JsonConstraint
from tabagent.generation.sampling import NoTokenLeft, Sampler
from tabagent.generation.text_stream import TextStream
from tabagent.parameters import GenerationSettings
from tests.unit.generation.scores import Scores
from tests.unit.generation.token_texts import ByteLevel

WORDS = [
    '{"',
    '"}',
    '":',
    ",",
    "[",
    "]",
    "{}",
    '"a"',
    '"name"',
    "name",
    "age",
    "tr",
    "true",
    "alse",
    "null",
    "12",
    ".5",
    "e1",
    "\\n",
    "\\u00",
    "hello",
    "}",
    "}",
    "}\n",
    "```json",
    "</s>",
]
PIECES = [*(bytes([byte]) for byte in range(256)), *(word.encode() for word in WORDS), "é".encode(), "😀".encode()[:2]]
END = len(PIECES) + 1
SCHEMA: JsonObject = {
    "type": "object",
    "properties": {"name": {"type": "string", "maxLength": 12}, "age": {"type": "integer", "minimum": 0}},
    "required": ["name", "age"],
    "additionalProperties": False,
}


class Model:
    """A vocabulary, and one answer."""

    def __init__(self, settings: GenerationSettings, schema: JsonObject | None, *, helped: bool = True) -> None:
        tokenizer = ByteLevel([*PIECES, b""])
        self.stream = TextStream(tokenizer.decode)
        self.constraint = JsonConstraint(schema)
        self.looked_at = 0
        self.sampler = Sampler(
            settings,
            [1, 2],
            frozenset({END}),
            constraint=self.constraint,
            text_of=self._text_of,
            encode=(lambda text: [byte + 1 for byte in text.encode()]) if helped else None,
        )

    def _text_of(self, token: int) -> str:
        self.looked_at += 1
        return self.stream.peek(token)

    async def answer(self, source: random.Random, limit: int) -> str:
        """Return the answer to random scores; from `limit` on the model wants to come to an end."""
        text = ""
        for count in range(600):
            scores = array("f", (source.gauss(0, 3) for _ in range(END + 1)))
            if count >= limit:
                for token, piece in enumerate(PIECES, start=1):
                    scores[token] += 30 * (piece in (b'"', b"}", b"]")) + 20 * (piece in (b"name", b"age"))
                scores[END] += 60
            token = await self.sampler.pick(Scores(scores))
            if token == END:
                return text + self.stream.finish()
            text += self.stream.push(token)
        raise AssertionError(f"no end: {text!r}")


@pytest.mark.parametrize("schema", [None, SCHEMA], ids=["any JSON", "a schema"])
@pytest.mark.parametrize("values", [{}, {"do_sample": True, "top_k": 20}, {"do_sample": True, "top_k": 0}], ids=str)
@pytest.mark.parametrize("seed", range(5))
async def test_answers_to_random_scores_are_json(
    seed: int, values: dict[str, object], schema: JsonObject | None
) -> None:
    source = random.Random(seed)  # noqa: S311 - repeatable cases
    model = Model(GenerationSettings(seed=seed, **values), schema)  # type: ignore[arg-type]

    value = json.loads(await model.answer(source, 30))

    jsonschema.Draft202012Validator(schema or {"type": ["object", "array"]}).validate(value)


async def test_greedy_takes_the_best_token_that_is_allowed() -> None:
    texts = ["hello", "}", '{"a', "[", "{"]
    sampler = Sampler(GenerationSettings(), [], frozenset(), constraint=JsonConstraint(), text_of=texts.__getitem__)

    assert await sampler.pick(Scores([9.0, 8.0, 1.0, 7.0, 6.0])) == 3


@pytest.mark.parametrize("top_k", [0, 7])
async def test_sampling_is_from_the_distribution_without_what_is_not_allowed(top_k: int) -> None:
    texts = ["hello", "}", '{"a', "[", "{", "x", "\n"]
    scores = [3.0, 2.0, 0.0, 1.0, 0.5, 2.0, -1.0]
    found: Counter[int] = Counter()
    draws = 3000
    for seed in range(draws):
        settings = GenerationSettings(do_sample=True, temperature=1.0, top_p=1.0, top_k=top_k, seed=seed)
        sampler = Sampler(settings, [], frozenset(), constraint=JsonConstraint(), text_of=texts.__getitem__)
        found[await sampler.pick(Scores(scores))] += 1

    allowed = {token: math.exp(scores[token]) for token in (2, 3, 4, 6)}
    expected = {token: draws * weight / sum(allowed.values()) for token, weight in allowed.items()}
    assert set(found) == set(allowed)
    assert sum((found[token] - count) ** 2 / count for token, count in expected.items()) < 16.3


async def test_where_the_filters_left_nothing_that_is_allowed_the_likeliest_allowed_token_comes() -> None:
    texts = ["hello", "}", "[", "{", "x"]
    settings = GenerationSettings(do_sample=True, top_k=2)
    sampler = Sampler(settings, [], frozenset(), constraint=JsonConstraint(), text_of=texts.__getitem__)

    assert await sampler.pick(Scores([9.0, 8.0, 1.0, 2.0, 7.0])) == 3


async def test_what_is_allowed_keeps_its_weights_where_most_draws_are_refused() -> None:
    texts = ["hello", "x", "{", "["]
    draws = iter([0.0] * 16 + [0.9])
    settings = GenerationSettings(do_sample=True, temperature=1.0, top_k=4, top_p=1.0)
    sampler = Sampler(
        *(settings, [], frozenset()),
        constraint=JsonConstraint(),
        text_of=texts.__getitem__,
        uniform=lambda: next(draws),
    )

    # The brace has 0.95 of what the two have together.
    assert await sampler.pick(Scores([10.0, 9.9, 3.0, 0.0])) == 2


@pytest.mark.parametrize("helped", [True, False], ids=["by its text", "by search"])
async def test_a_token_far_behind_all_others_is_found(helped: bool) -> None:
    size = 5000
    looked_at: list[int] = []

    def text_of(token: int) -> str:
        looked_at.append(token)
        return "{" if token == size - 1 else "no"

    sampler = Sampler(
        GenerationSettings(),
        [],
        frozenset(),
        constraint=JsonConstraint(),
        text_of=text_of,
        encode=(lambda text: [size - 1] if text == "{" else [0]) if helped else None,
    )

    assert await sampler.pick(Scores([-float(token) for token in range(size)])) == size - 1
    assert (len(set(looked_at)) < 1100) == helped


async def test_a_text_that_no_token_spells_is_an_error() -> None:
    sampler = Sampler(
        GenerationSettings(),
        [],
        frozenset(),
        constraint=JsonConstraint(),
        text_of=lambda token: "no",
        encode=lambda _: [0],
    )

    with pytest.raises(NoTokenLeft, match="cannot spell"):
        await sampler.pick(Scores([0.0, 1.0]))


async def test_tokens_that_have_no_score_are_not_taken_for_their_text() -> None:
    size = 5000
    sampler = Sampler(
        *(GenerationSettings(), [], frozenset()),
        constraint=JsonConstraint(),
        text_of=lambda token: "{" if token >= size - 1 else "no",
        encode=lambda _: [size],
    )

    assert await sampler.pick(Scores([-float(token) for token in range(size)])) == size - 1


async def test_of_two_tokens_that_are_found_by_their_text_a_suppressed_one_does_not_come() -> None:
    size = 5000
    texts = {size - 1: "{", size - 2: "["}
    sampler = Sampler(
        *(GenerationSettings(suppress_tokens=(size - 2,)), [], frozenset()),
        constraint=JsonConstraint(),
        text_of=lambda token: texts.get(token, "no"),
        encode=lambda text: [token for token, each in texts.items() if each == text],
    )

    assert await sampler.pick(Scores([-float(token) for token in range(size)])) == size - 1


async def test_the_end_comes_when_the_text_is_complete_and_must_when_it_is_finished() -> None:
    texts = ["", "4", "2", " "]
    constraint = JsonConstraint({"type": "integer"})
    sampler = Sampler(GenerationSettings(), [], frozenset({0}), constraint=constraint, text_of=texts.__getitem__)

    assert await sampler.pick(Scores([9.0, 5.0, 1.0, 0.0])) == 1  # not at the begin
    assert await sampler.pick(Scores([0.0, 5.0, 9.0, 8.0])) == 2
    assert await sampler.pick(Scores([9.0, 5.0, 8.0, 0.0])) == 0


async def test_a_finished_answer_ends_without_a_look_at_the_scores() -> None:
    texts = ["", "{}"]
    sampler = Sampler(
        GenerationSettings(min_new_tokens=9), [], frozenset({0}), constraint=JsonConstraint(), text_of=texts.__getitem__
    )
    await sampler.pick(Scores([0.0, 1.0]))
    logits = Scores([0.0, 1.0])

    assert await sampler.pick(logits) == 0
    assert logits.asked == []


async def test_a_forced_token_that_is_not_allowed_comes_all_the_same() -> None:
    texts = ["{", "no"]
    settings = GenerationSettings(forced_eos_token_id=(1,), max_new_tokens=2)
    constraint = JsonConstraint()
    sampler = Sampler(settings, [], frozenset(), constraint=constraint, text_of=texts.__getitem__)

    assert [await sampler.pick(Scores([1.0, 0.0])) for _ in range(2)] == [0, 1]
    assert constraint.allows("}")


async def test_after_a_finished_answer_of_a_model_without_an_end_token_white_space_comes() -> None:
    texts = ["x", "{}", " "]
    sampler = Sampler(GenerationSettings(), [], frozenset(), constraint=JsonConstraint(), text_of=texts.__getitem__)

    assert [await sampler.pick(Scores([2.0, 1.0, 0.0])) for _ in range(2)] == [1, 2]


async def test_tokens_without_text_do_not_run_away() -> None:
    texts = ['["', "", "\ufffd", "é"]
    sampler = Sampler(GenerationSettings(), [], frozenset(), constraint=JsonConstraint(), text_of=texts.__getitem__)
    picked = [await sampler.pick(Scores([0.0, 2.0, 3.0, 1.0])) for _ in range(9)]

    assert picked == [0, 2, 2, 2, 3, 2, 2, 2, 3]


async def test_a_constraint_needs_the_texts() -> None:
    sampler = Sampler(GenerationSettings(), [], frozenset(), constraint=JsonConstraint())

    with pytest.raises(NoTokenLeft, match="is not known"):
        await sampler.pick(Scores([0.0, 1.0]))

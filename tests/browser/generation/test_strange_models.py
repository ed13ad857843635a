"""Repositories with missing, wrong and broken files: they answer, or say what is wrong, and the next model works."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pytest

from tabagent.events import UIEventNames, WorkerEventNames
from tests.browser.generation.asking import PATIENCE_S, Asker, talk
from tests.browser.generation.conftest import COPIES, LIVELY
from tests.browser.generation.models import Json
from tests.browser.generation.reference import Reference
from tests.browser.wire import Payload, Wire
from tools.hub import LocalHub

TOKENS = 16
HELLO = talk("Hello")
Change = Callable[[Json], object]
NAMES = iter(COPIES)


def without(*names: str) -> Change:
    """Return what takes entries away."""
    return lambda content: [content.pop(name, None) for name in names]


def having(**entries: object) -> Change:
    """Return what sets entries."""
    return lambda content: content.update(entries)


NO_END = {name: without("eos_token_id", "eos_token") for name in ("config", "generation_config", "tokenizer_config")}
RUBBISH = {
    "temperature": "hot",
    "top_k": -5,
    "top_p": None,
    "max_new_tokens": 1e30,
    "do_sample": "yes",
    "num_beams": 7,
    "penalty_alpha": 0.6,
    "repetition_penalty": [1],
    "suppress_tokens": "all",
    "bad_words_ids": [[]],
    "max_length": -1,
    "stop": 5,
    "transformers_version": "9.9",
    "unknown": {"a": 1},
}
# Models that answer as the one they were made from.
HARMLESS: dict[str, dict[str, Change | None]] = {
    "no end token anywhere": {**NO_END},
    "an end token that is not in the vocabulary": {"config": having(eos_token_id=99_999), "generation_config": None},
    "end tokens of wrong types": {
        "config": having(eos_token_id={"a": 1}),
        "generation_config": having(eos_token_id=[None, "no such token", -3, 2.5, True]),
    },
    "rope scaling with a factor that is a text": {"config": having(rope_scaling={"type": "warp", "factor": "ten"})},
    "rope scaling below nothing": {"config": having(rope_scaling={"rope_type": "linear", "factor": -4})},
    "rope scaling that is a list": {"config": having(rope_scaling=[2, 4])},
    "a generation config full of rubbish": {"generation_config": having(**RUBBISH)},
    "no generation config": {"generation_config": None},
    "a pad token that is a text": {"config": having(pad_token_id="<pad>", bos_token_id="<bos>")},
}
# Files that are no JSON or no model: what they become.
BROKEN: dict[str, tuple[str, bytes]] = {
    "a config that is no JSON": ("config.json", b"{nonsense"),
    "a config that is a list": ("config.json", b"[]"),
    "a tokenizer that is no JSON": ("tokenizer.json", b'{"version": '),
    "a tokenizer that is empty": ("tokenizer.json", b"{}"),
    "a tokenizer config that is no JSON": ("tokenizer_config.json", b"no"),
    "weights that are none": ("onnx/model.onnx", b"these are no weights" * 100),
}


@dataclass(frozen=True)
class Copy:
    """A repository that a test may change.

    Attributes:
        folder: What it is at first.
    """

    hub: LocalHub
    name: str
    folder: Path

    def change(self, **changes: Change | None) -> None:
        """Change JSON files, by their names without `.json`; None takes one away."""
        for name, work in changes.items():
            path = f"{name}.json"
            if work is None:
                self.hub.remove(self.name, path)
                continue
            content = json.loads((self.folder / path).read_text(encoding="utf-8"))
            work(content)
            self.hub.write(self.name, path, json.dumps(content).encode())


@pytest.fixture
def copy(lively_hub: LocalHub, lively_models: dict[str, Path]) -> Copy:
    """A copy of `LIVELY` that nobody has changed."""
    name = next(NAMES)
    return Copy(lively_hub, name, lively_models[name])


@pytest.fixture(scope="module")
def asker(background: Wire) -> Asker:
    """Somebody without a model."""
    return Asker(background)


@pytest.fixture
def next_model_works(asker: Asker, reference: Reference) -> Iterator[None]:
    """Load a good model after the test and compare its answer."""
    yield
    wire, since = asker.wire, asker.wire.mark()
    # Where a switch failed, the model before it may just be coming back by itself.
    wire.wait(lambda: wire.load(LIVELY, "good", dtype="fp32")["success"], "the background to be free", PATIENCE_S)
    ends = (WorkerEventNames.WORKER_READY, UIEventNames.MODEL_ALREADY_LOADED)
    wire.wait_for(*ends, since=since, timeout_s=PATIENCE_S, loadId="good")
    expected = reference.text(reference.greedy(reference.prompt(HELLO), max_new_tokens=TOKENS))
    assert asker.text("Hello", max_new_tokens=TOKENS) == expected


def load(asker: Asker, repo: str) -> Payload:
    """Load a model that must load."""
    return asker.wire.load_ready(repo, repo, dtype="fp32", timeout_s=PATIENCE_S)


@pytest.mark.parametrize("name", HARMLESS)
def test_a_model_with_strange_files_answers_as_without_them(
    asker: Asker, reference: Reference, copy: Copy, name: str
) -> None:
    copy.change(**HARMLESS[name])
    ready = load(asker, copy.name)
    expected = reference.greedy(reference.prompt(HELLO), max_new_tokens=TOKENS)
    answer = asker.answer("Hello", max_new_tokens=TOKENS)

    assert answer["generatedText"] == reference.text(expected)
    assert ready["contextLength"] == 20_000


def test_without_any_end_token_the_usual_one_ends_answers(asker: Asker, copy: Copy) -> None:
    copy.change(**NO_END)
    load(asker, copy.name)
    # `<|im_end|>`, which nothing names any more.
    answer = asker.answer("Hello", max_new_tokens=TOKENS, forced_eos_token_id=2, max_length=None)

    assert answer["numTokens"] == TOKENS - 1
    assert answer["finishReason"] == "stop"


@pytest.mark.parametrize("kind", ["a list", "a text", "a number in quotes", "a list in the config"])
def test_end_tokens_in_any_form_end_answers(asker: Asker, reference: Reference, copy: Copy, kind: str) -> None:
    plain = reference.greedy(reference.prompt(HELLO), max_new_tokens=TOKENS)
    end = plain[6]
    assert end not in plain[:6]
    stated = {"a text": reference.text([end]), "a number in quotes": str(end)}.get(kind, [2, end])
    if kind == "a list in the config":
        copy.change(config=having(eos_token_id=stated), generation_config=without("eos_token_id"))
    else:
        copy.change(generation_config=having(eos_token_id=stated))
    load(asker, copy.name)
    answer = asker.answer("Hello", max_new_tokens=TOKENS)

    assert answer["generatedText"] == reference.text(plain[:6])
    assert (answer["numTokens"], answer["finishReason"]) == (6, "stop")


def test_a_model_that_states_no_context_gets_the_usual_one(asker: Asker, copy: Copy) -> None:
    copy.change(config=without("max_position_embeddings"))

    assert load(asker, copy.name)["contextLength"] == 2048
    assert asker.answer("Hello", max_new_tokens=TOKENS)["numTokens"] == TOKENS
    error = asker.refusal("The fox walked over the hill. " * 200)
    assert (error["code"], error["details"]["contextLength"]) == ("context_overflow", 2048)


def test_what_a_generation_config_says_rightly_counts_though_the_rest_is_rubbish(
    asker: Asker, reference: Reference, copy: Copy
) -> None:
    copy.change(generation_config=having(**{**RUBBISH, "repetition_penalty": 1.5, "max_new_tokens": 12}))
    load(asker, copy.name)
    expected = reference.greedy(reference.prompt(HELLO), max_new_tokens=12, repetition_penalty=1.5)

    assert asker.text("Hello") == reference.text(expected)


@pytest.mark.parametrize(
    "template",
    [
        "{% for message in messages %}{{ message['content'] }",
        "{{ raise_exception('This model never speaks.') }}",
        "{{ messages[0].no.such.thing }}",
        "{{ messages | nothing_of_the_kind }}",
        5,
    ],
)
def test_a_broken_template_is_an_error_that_says_so(
    asker: Asker, copy: Copy, template: object, next_model_works: None
) -> None:
    copy.change(tokenizer_config=having(chat_template=template))
    since = asker.wire.mark()
    assert asker.wire.load(copy.name, copy.name, dtype="fp32")["success"]
    ends = (WorkerEventNames.WORKER_READY, WorkerEventNames.ERROR)
    outcome = asker.wire.wait_for(*ends, since=since, timeout_s=PATIENCE_S, loadId=copy.name)
    assert outcome.name == WorkerEventNames.WORKER_READY, outcome
    error = asker.refusal("Hello", max_new_tokens=TOKENS)

    assert error["code"] == "template"
    assert error["details"]["cause"] in error["message"]
    if "never" in str(template):
        assert "This model never speaks." in error["message"]


@pytest.mark.parametrize("template", [None, ""])
def test_without_a_template_a_plain_dialogue_is_read(
    asker: Asker, reference: Reference, copy: Copy, template: object
) -> None:
    work = without("chat_template") if template is None else having(chat_template=template)
    copy.change(tokenizer_config=work)
    load(asker, copy.name)
    answer = asker.answer(talk("Hello", "Hi.", "Who are you?"), max_new_tokens=TOKENS)
    # The token that begins a text stands before it, since no template writes it.
    prompt = [1, *reference.encode("User: Hello\n\nAssistant: Hi.\n\nUser: Who are you?\n\nAssistant:")]

    assert answer["promptTokens"] == len(prompt)
    assert answer["generatedText"] == reference.text(reference.greedy(prompt, max_new_tokens=TOKENS))


def test_a_plain_dialogue_ends_where_the_other_would_speak(asker: Asker, reference: Reference, copy: Copy) -> None:
    copy.change(tokenizer_config=without("chat_template"))
    load(asker, copy.name)
    # Nothing is left but these tokens, in this order.
    chain = reference.encode("\nU") + reference.encode("s") + reference.encode("er") + reference.encode(":")
    words = [reference.text([token]) for token in chain]
    follows = dict(pairwise(chain))
    banned = [[one, other] for one in chain for other in chain if follows.get(one, other) != other]
    others = [token for token in range(320) if token not in chain]
    answer = asker.answer(
        "Hello",
        max_new_tokens=TOKENS,
        forced_bos_token_id=chain[0],
        suppress_tokens=others,
        bad_words_ids=banned,
    )

    assert "".join(words) == "\nUser:"
    assert (answer["generatedText"], answer["finishReason"]) == ("", "stop_string")
    assert answer["numTokens"] == len(chain)


@pytest.mark.parametrize("name", BROKEN)
def test_a_repository_that_cannot_be_loaded_is_an_error_that_names_it(
    asker: Asker, copy: Copy, name: str, next_model_works: None
) -> None:
    path, content = BROKEN[name]
    copy.hub.write(copy.name, path, content)
    since = asker.wire.mark()
    reply = asker.wire.load(copy.name, copy.name, dtype="fp32")
    if reply["success"]:
        ends = (WorkerEventNames.WORKER_READY, WorkerEventNames.ERROR)
        outcome = asker.wire.wait_for(*ends, since=since, timeout_s=PATIENCE_S, loadId=copy.name)
        assert outcome.name == WorkerEventNames.ERROR, outcome
        error = outcome.payload["error"]
    else:
        error = reply["error"]

    assert error["code"] in {"load_failed", "unexpected_content", "no_onnx_files", "file_damaged", "import_failed"}
    assert copy.name in error["message"]


def test_a_config_that_is_not_that_of_the_weights_is_an_error_or_does_not_matter(
    asker: Asker, copy: Copy, next_model_works: None
) -> None:
    copy.change(config=having(num_key_value_heads=3, head_dim=10, num_hidden_layers=7))
    since = asker.wire.mark()
    assert asker.wire.load(copy.name, copy.name, dtype="fp32")["success"]
    ends = (WorkerEventNames.WORKER_READY, WorkerEventNames.ERROR)
    outcome = asker.wire.wait_for(*ends, since=since, timeout_s=PATIENCE_S, loadId=copy.name)

    if outcome.name == WorkerEventNames.ERROR:
        assert outcome.payload["error"]["code"] in {"load_failed", "generation_failed"}
    else:
        assert asker.answer("Hello", max_new_tokens=TOKENS)["numTokens"] == TOKENS

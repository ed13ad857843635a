"""What a model thought before its answer is told apart and folded."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.answers.answer_page import AnswerPage
from tools.environment import ROOT, require_node, run_command

CASES: dict[str, tuple[str, str | None, str, bool]] = {
    "no thinking": ("Just an answer", None, "Just an answer", False),
    "a whole block": ("<think>\nWhy?\n</think>\n\nBecause.", "Why?", "Because.", False),
    "the other name": ("<thinking>Why?</thinking>Because.", "Why?", "Because.", False),
    "space before it, capitals": ("\n <THINK>Why?</Think>Because.", "Why?", "Because.", False),
    "unfinished": ("<think>Why", "Why", "", True),
    "nothing thought": ("<think>\n\n</think>\n\nBecause.", "", "Because.", False),
    "a tag that begins": ("<thi", "", "", True),
    "an end that begins": ("<think>Why?</thi", "Why?", "", True),
    "only an end": ("Why?\n</think>\n\nBecause.", "Why?", "Because.", False),
    "not at the beginning": ("First. <think>Why?", None, "First. <think>Why?", False),
    "an end in inline code": ("Write `</think>` there.", None, "Write `</think>` there.", False),
    "an end in a fence": ("```\n</think>\n```\nok", None, "```\n</think>\n```\nok", False),
    "code in thinking": ("<think>a `</think>` b</think>c", "a `</think>` b", "c", False),
    "a fence in thinking": (
        "<think>\n```\n</think>\n```\nmore</think>\nc", "```\n</think>\n```\nmore", "c", False,
    ),
    "a fence in thinking without an end": (
        "<think>\n```js\nx\n</think>\n\n```py\ny\n```", "```js\nx", "```py\ny\n```", False,
    ),
    "another block later": ("<think>a</think>b <think>c</think>", "a", "b <think>c</think>", False),
    "a longer word": ("<thinker>a</thinker>", None, "<thinker>a</thinker>", False),
}  # fmt: skip


def test_thinking_is_told_apart(tmp_path: Path) -> None:
    shutil.copy(ROOT / "extension" / "sidepanel" / "thinking.js", tmp_path / "thinking.mjs")
    (tmp_path / "all.mjs").write_text(
        'import { splitThinking } from "./thinking.mjs";\n'
        "console.log(JSON.stringify(JSON.parse(process.argv[2]).map(splitThinking)));\n",
        encoding="utf-8",
    )
    texts = json.dumps([text for text, *_ in CASES.values()])

    parts = json.loads(run_command([require_node(), tmp_path / "all.mjs", texts], cwd=tmp_path, failure="it failed"))

    told = {name: (part["thinking"], part["answer"], part["open"]) for name, part in zip(CASES, parts, strict=True)}
    assert told == {name: expected for name, (_, *rest) in CASES.items() for expected in [tuple(rest)]}


def test_thinking_is_folded_while_it_comes_and_afterwards(answers: AnswerPage) -> None:
    answers.new("<think>\nFirst **this**", complete=False)
    fold = answers.one("details.thinking")

    expect(fold).to_have_attribute("data-state", "thinking")
    expect(fold.get_by_role("status")).to_have_text("Thinking…")
    expect(answers.one(".thought")).to_be_hidden()
    fold.locator("summary").click()
    expect(answers.one(".thought strong")).to_have_text("this")
    answers.show("<think>\nFirst **this** then that")
    expect(answers.one(".thought")).to_have_text("First this then that")
    answers.show("<think>\nFirst **this** then that.\n</think>\n\nThe *answer*", complete=True)

    expect(fold.get_by_role("status")).to_have_text("Thought for a moment")
    expect(fold).to_have_attribute("open", "")
    expect(answers.one(".answer-body")).to_have_text("The answer")


@pytest.mark.parametrize(
    ("text", "state"), [("<think>Half a", "stopped"), ("a\n</think>\nb", "thought"), ("<think></think>b", None)]
)
def test_the_fold_says_how_the_thinking_ended(text: str, state: str | None, answers: AnswerPage) -> None:
    answers.new(text)

    folds = answers.one("details.thinking")
    assert folds.evaluate_all("all => all.map((fold) => fold.dataset.state)") == ([state] if state else [])


def test_what_only_began_like_a_tag_is_shown_in_the_end(answers: AnswerPage) -> None:
    answers.new("<th", complete=False)
    expect(answers.one(".answer-body")).to_have_text("")

    answers.show("<th", complete=True)

    expect(answers.one(".answer-body")).to_have_text("<th")


def test_thinking_that_only_has_an_end_moves_into_the_fold(answers: AnswerPage) -> None:
    answers.new("Let me see", complete=False)
    expect(answers.one(".answer-body")).to_have_text("Let me see")

    answers.show("Let me see\n</think>\n\nYes.")

    expect(answers.one(".answer-body")).to_have_text("Yes.")
    answers.one("summary").click()
    expect(answers.one(".thought")).to_have_text("Let me see")

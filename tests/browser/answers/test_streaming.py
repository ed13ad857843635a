"""An answer while it comes: what it costs, what stays, and that it ends as if it had come at once."""

from __future__ import annotations

import pytest

from tests.browser.answers.answer_page import AnswerPage

PARAGRAPH = "Some **bold** words, a [link](https://example.com/a) and `code` in a sentence of usual length. "
LONG: dict[str, str] = {
    "paragraphs": "".join(f"## Part {number}\n\n{PARAGRAPH * 3}\n\n" for number in range(60)),
    "a list": "".join(f"{number}. {PARAGRAPH}\n" for number in range(1, 180)),
    "a loose list": "".join(f"- {PARAGRAPH}\n\n" for _ in range(180)),
    "a table": "| a | b |\n|---|--:|\n" + "".join(f"| {PARAGRAPH} | {number} |\n" for number in range(170)),
    "code": "```python\n" + "".join(f"value_{number} = compute({number}, 'text')  # why\n" for number in range(400)),
    "code in a list": "1. First:\n\n   ```js\n   let a = 1;\n   ```\n\n2. Then\n   - one\n   - two\n\n3. Last\n" * 6,
}
MIXED = "\n\n".join(text[:900] for text in LONG.values()) + "\n```\n\n[named]\n\n[named]: https://example.com/named\n"
COST = """([text, size]) => {
  const { markdown } = watcher.view();
  const costs = [];
  let nodes = 0;
  const observer = new MutationObserver((records) => {});
  observer.observe(watcher.view(), { childList: true, subtree: true, characterData: true });
  for (let end = size; end <= text.length; end += size) {
    const before = markdown.parsed;
    watcher.show(text.slice(0, end), false);
    nodes = observer.takeRecords().reduce((sum, { addedNodes }) => sum + addedNodes.length, 0);
    costs.push([markdown.parsed - before, nodes]);
  }
  observer.disconnect();
  return costs;
}"""


@pytest.mark.parametrize("kind", [kind for kind in LONG if kind != "code in a list"])
def test_a_token_costs_the_same_at_the_end_of_a_long_answer(kind: str, answers: AnswerPage) -> None:
    answers.new(complete=False)

    costs = answers.page.evaluate(COST, [LONG[kind], 5])

    count = len(costs) // 10
    for which, what in enumerate(("characters parsed", "nodes made")):
        # The first tenth has the short block that grows to a long one; from then on nothing grows.
        first = max(cost[which] for cost in costs[:count])
        last = max(cost[which] for cost in costs[-count:])
        mean = sum(cost[which] for cost in costs[-count:]) / count
        assert last <= 1.5 * first + 5, f"{what}: {last} a token at the end, {first} at the beginning"
        assert mean <= 900, f"{what}: {mean} a token"


@pytest.mark.parametrize("size", [1, 7])
def test_an_answer_that_came_in_pieces_looks_like_one_that_came_at_once(size: int, answers: AnswerPage) -> None:
    for text in (MIXED, LONG["code in a list"], "<think>\nWhy?\n\n- a\n</think>\n\n" + MIXED[:500]):
        whole = answers.new(text).evaluate("view => view.querySelector('.answer-body').innerText")
        html = answers.view.evaluate(f"({STRUCTURE})")

        answers.new(complete=False)
        answers.call("stream", text, size)

        assert answers.view.evaluate("view => view.querySelector('.answer-body').innerText") == whole
        assert answers.view.evaluate(f"({STRUCTURE})") == html


STRUCTURE = """(view) => [...view.querySelectorAll(".answer-body *:not(code *):not(.icon *)")]
  .map((element) => [element.tagName, element.className, element.getAttribute("href")].join(" "))"""


def test_a_text_that_is_replaced_is_drawn_anew(answers: AnswerPage) -> None:
    answers.new("# One\n\n- a\n- b", complete=False)

    answers.show("Two")

    assert answers.one(".block").all_inner_texts() == ["Two"]


def test_what_was_selected_focused_and_scrolled_stays_while_an_answer_grows(answers: AnswerPage) -> None:
    code = "```python\n" + "\n".join(f"x{number} = {number}" for number in range(80))
    start = f"- a [link](https://example.com) in an item\n\n  {code.replace(chr(10), chr(10) + '  ')}"
    answers.new(start, complete=False)
    answers.one("a").focus()
    answers.one("pre").evaluate(
        "pre => { pre.scrollTop = 100; getSelection().selectAllChildren(document.activeElement); }"
    )

    more = start + "\n  and = so_on\n  ```\n\n  more text **here**"
    for end in range(len(start), len(more)):
        answers.show(more[:end])
    answers.show(more, complete=True)

    assert answers.one("a").evaluate("link => link === document.activeElement && String(getSelection())") == "link"
    assert answers.one("pre").evaluate("pre => pre.scrollTop") == 100


def test_links_by_name_work_when_their_address_stood_before(answers: AnswerPage) -> None:
    answers.new("[here]: https://example.com/there\n\nText.\n\nMore, see [here]", complete=False)
    answers.show("[here]: https://example.com/there\n\nText.\n\nMore, see [here] and")

    assert answers.one("a").get_attribute("href") == "https://example.com/there"

"""What an answer shows: links, images, tables, directions, and how it fits."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.answers.answer_page import AnswerPage
from tests.browser.panel.test_account_and_files import AXE

RICH = """<think>Let me think.</think>

# Title

Text with `code`, **bold**, [a link](https://example.com/path), ![a picture](https://example.com/a.png).

## Part

1. One
   - nested
     1. deep
2. Two

- [x] done
- [ ] to do

| Name | Number |
|------|-------:|
| a long name of a thing that has a column of its own | 1 |

> A quotation.

```python
def f(x): return [x]  # a comment that is long enough to need a second line in a narrow panel, surely
```

السلام عليكم ورحمة الله وبركاته

Averylongwordwithoutanyspaceinitthatcannotfitintoanarrowpanelandmustbebrokensomewhereanywhereatall

https://example.com/a/very/long/address/that/goes/on/and/on/and/on/and/on?with=parameters&and=more
"""


def test_a_link_shows_the_address_that_it_opens(answers: AnswerPage) -> None:
    answers.new(
        "[https://bank.example](https://bank.example@evil.example/login?x=1) and [ok](https://münchen.example/)"
    )
    first, second = answers.one("a").nth(0), answers.one("a").nth(1)
    shown = answers.page.get_by_test_id("link-address")

    expect(first).to_have_attribute("rel", "noopener noreferrer nofollow")
    expect(first).to_have_attribute("target", "_blank")
    expect(first).to_have_attribute("data-host", "evil.example")
    first.hover()
    expect(shown).to_be_visible()
    expect(shown).to_have_text("https://bank.example@evil.example/login?x=1")
    expect(shown.locator("b")).to_have_text("evil.example")
    second.focus()
    expect(shown).to_have_text("https://xn--mnchen-3ya.example/")
    expect(second).not_to_have_attribute("data-host", re.compile(".*"))
    answers.page.keyboard.press("Escape")
    expect(shown).to_be_hidden()


def test_an_image_is_a_link_with_its_words_and_its_host(answers: AnswerPage) -> None:
    answers.new("![A diagram](https://images.example/a.png) ![](https://images.example/b.png)")

    expect(answers.view.get_by_role("link").nth(0)).to_have_accessible_name(
        re.compile("A diagram.*image at images.example, not loaded")
    )
    expect(answers.one("a.image").nth(0)).to_have_attribute("href", "https://images.example/a.png")
    expect(answers.one("a.image").nth(1)).to_contain_text("Image")
    assert answers.one("img").count() == 0


def test_formulas_stay_as_they_were_written(answers: AnswerPage) -> None:
    text = r"Then $a_1 * b_2 * c_3$ and \(x^2\) and \[\frac{a}{b}\\ c\] and $$\sum_{i=1}^n *i*$$, for $5 or $6."
    answers.new(text)

    expect(answers.one("p")).to_have_text(text)
    assert answers.one("em, strong, br").count() == 0


def test_text_goes_its_own_direction(answers: AnswerPage) -> None:
    answers.new("English\n\nالسلام عليكم\n\n- السلام\n- عليكم\n\n```\nx\n```")

    directions = answers.one(".block").evaluate_all("all => all.map((block) => getComputedStyle(block).direction)")
    assert directions == ["ltr", "rtl", "rtl", "ltr"]


def test_what_is_selected_has_no_buttons_in_it(answers: AnswerPage) -> None:
    answers.new(RICH)
    expect(answers.one(".hljs-keyword").first).to_be_visible()

    selected = answers.view.evaluate("view => (getSelection().selectAllChildren(view), String(getSelection()))")

    assert "def f(x): return [x]" in selected
    assert "☑ done" in selected
    for label in ("Python", "Thought", "Copy", "Wrap"):
        assert label not in selected


@pytest.mark.parametrize("width", [320, 360, 800])
def test_an_answer_fits_the_panel(width: int, answers: AnswerPage) -> None:
    answers.page.set_viewport_size({"width": width, "height": 700})
    answers.new(RICH)

    over = answers.view.evaluate(
        """view => [...view.querySelectorAll(".block, .block > *, p, li, a, h3")]
             .filter((element) => !element.closest("pre, .table-scroll table"))
             .filter((element) => element.getBoundingClientRect().right > innerWidth)
             .map(({ outerHTML }) => outerHTML)"""
    )

    assert over == []
    assert answers.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_an_answer_is_for_everyone(scheme: str, answers: AnswerPage) -> None:
    answers.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    answers.new(RICH)
    answers.one("summary").click()
    expect(answers.one(".hljs-keyword").first).to_be_visible()
    answers.page.evaluate(AXE.read_text(encoding="utf-8"))

    result = answers.page.evaluate("axe.run(document.querySelector('tabagent-markdown'))")

    assert [(each["id"], [node["html"] for node in each["nodes"]]) for each in result["violations"]] == []

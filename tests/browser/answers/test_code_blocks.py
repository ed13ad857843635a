"""Code in answers: its colours, its buttons, and what it costs while it comes."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.answers.answer_page import AnswerPage

# A line of each language, and a word in it that must have a colour of this kind.
SAMPLES = {
    "bash": ('if [ -f "$HOME/a" ]; then echo hi; fi', "if", "keyword"),
    "c": ("int main(void) { return 0; }", "return", "keyword"),
    "cpp": ("std::vector<int> v; // why", "// why", "comment"),
    "csharp": ("public class A { }", "public", "keyword"),
    "css": ("a.b { color: #fff; }", "color", "attribute"),
    "diff": ("--- a\n+++ b\n@@ -1 +1 @@\n-old\n+new", "+new", "addition"),
    "go": ('func main() { fmt.Println("hi") }', "func", "keyword"),
    "html": ('<p class="a">x</p>', "p", "name"),
    "java": ("public class A { }", "class", "keyword"),
    "jsx": ("const a = <b>{c}</b>;", "const", "keyword"),
    "json": ('{"a": 1}', '"a"', "attr"),
    "kotlin": ("fun main() { val a = 1 }", "fun", "keyword"),
    "markdown": ("# Title", "# Title", "section"),
    "php": ("<?php function f($a) { return 'x'; }", "'x'", "string"),
    "py": ("def f(a): return None", "def", "keyword"),
    "ruby": ("def f; end", "def", "keyword"),
    "rust": ("fn main() { let a = 1; }", "fn", "keyword"),
    "sql": ("SELECT count(*) FROM a WHERE b = 'c';", "SELECT", "keyword"),
    "swift": ('func f() -> Int { return 1 } // "x"', "func", "keyword"),
    "ts": ("interface A { b: string }", "interface", "keyword"),
    "xml": ("<a b='c'/>", "a", "name"),
    "yaml": ("a: 1", "a:", "attr"),
}


def test_every_language_has_its_colours_and_keeps_its_letters(answers: AnswerPage) -> None:
    for language, (code, word, kind) in SAMPLES.items():
        answers.new(f"```{language}\n{code}\n```")
        coloured = answers.one(f"code .hljs-{kind}").filter(has_text=word)
        expect(coloured.first, language).to_have_text(word)
        assert answers.one("code").inner_text() == code


def test_unknown_languages_and_plain_text_stay_plain(answers: AnswerPage) -> None:
    answers.new("```brainfuck\n+++.\n```\n\n```text\nif else\n```\n\n```\nif\n```\n\n```python\nif x: pass\n```")
    expect(answers.one(".hljs-keyword").first).to_be_visible()

    assert answers.one("tabagent-code").nth(0).locator("span span").count() == 0
    assert answers.one(".code-language").all_inner_texts() == ["brainfuck", "Text", "Code", "Python"]
    assert answers.one("code").evaluate_all("all => all.map((code) => code.children.length)")[:3] == [0, 0, 0]


def test_code_is_coloured_again_a_few_times_only_however_many_tokens_it_has(answers: AnswerPage) -> None:
    answers.new("```python\nx = 1\n", complete=False)
    expect(answers.one(".hljs-number").first).to_be_visible()

    text = "```python\nx = 1\n" + "".join(f"value_{number} = {number}  # why\n" for number in range(400))
    before, after = answers.one("tabagent-code").evaluate(
        """(block, text) => {
          const before = block.coloured;
          for (let end = 17; end < text.length; end += 3) watcher.show(text.slice(0, end));
          return [before, block.coloured];
        }""",
        text,
    )
    answers.show(text + "```\n\nDone.", complete=True)

    assert after == before
    expect(answers.one(".hljs-comment")).to_have_count(400)
    assert answers.one("tabagent-code").evaluate("block => block.coloured") <= before + 4
    assert answers.one("code").inner_text().count("why") == 400


def test_code_is_copied_saved_and_wrapped_with_the_keyboard(answers: AnswerPage) -> None:
    answers.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    answers.new("```ts\nconst a = '<b>';\n\nlet c;\n```")
    answers.page.evaluate("() => { window.kept = []; URL.createObjectURL = (blob) => (kept.push(blob), 'blob:kept'); }")

    answers.view.get_by_role("button", name="Wrap long lines").focus()
    answers.page.keyboard.press("Enter")
    wraps = answers.view.get_by_role("button", name="Wrap long lines")
    expect(wraps).to_have_attribute("aria-pressed", "true")
    expect(answers.one("code")).to_have_css("white-space-collapse", "preserve")
    expect(answers.one("code")).to_have_css("text-wrap-mode", "wrap")
    answers.page.keyboard.press("Tab")
    answers.page.keyboard.press("Enter")
    assert answers.page.evaluate("background.saved") == [{"address": "blob:kept", "name": "code.ts"}]
    assert answers.page.evaluate("kept[0].text()") == "const a = '<b>';\n\nlet c;"
    answers.page.keyboard.press("Tab")
    answers.page.keyboard.press("Enter")
    expect(answers.view.get_by_role("button", name="Copied")).to_be_visible()
    assert answers.page.evaluate("navigator.clipboard.readText()") == "const a = '<b>';\n\nlet c;"
    answers.page.keyboard.press("Tab")
    expect(answers.one("pre")).to_be_focused()


def test_a_long_block_scrolls_inside(answers: AnswerPage) -> None:
    answers.new("```\n" + "a very long line " * 40 + "\nx" * 200 + "\n```")

    high, wide = answers.one("pre").evaluate(
        "pre => [pre.clientHeight < pre.scrollHeight, pre.clientWidth < pre.scrollWidth]"
    )
    assert [high, wide] == [True, True]
    assert answers.one("pre").evaluate("pre => pre.clientHeight <= innerHeight * 0.6 + 1")


@pytest.mark.parametrize("contrast", ["no-preference", "more"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_colour_of_code_can_be_read(scheme: str, contrast: str, answers: AnswerPage) -> None:
    answers.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    # What first_paint.js makes of the system's wish, or of the person's.
    answers.page.evaluate("wish => { document.documentElement.dataset.contrast = wish; }", contrast)
    names = ["comment", "keyword", "string", "number", "function", "type", "name", "meta", "text"]

    ratios = answers.page.evaluate(
        """([names, grounds]) => {
          const probe = document.body.appendChild(document.createElement("p"));
          const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
          const light = (token) => {
            probe.style.color = `var(${token})`;
            canvas.fillStyle = getComputedStyle(probe).color;
            canvas.fillRect(0, 0, 1, 1);
            const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].map((part) => part / 255)
              .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
            return 0.2126 * r + 0.7152 * g + 0.0722 * b;
          };
          const ratio = (one, other) => (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
          const found = names.map((name) => [name, ratio(light(`--code-${name}`), light("--code-surface"))]);
          found.push(["added", ratio(light("--code-string"), light("--code-added"))]);
          found.push(["removed", ratio(light("--code-name"), light("--code-removed"))]);
          probe.remove();
          return Object.fromEntries(found);
        }""",
        [names, []],
    )

    least = 7 if contrast == "more" else 4.5
    assert {name: ratio for name, ratio in ratios.items() if ratio < least} == {}

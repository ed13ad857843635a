"""Chat templates of many families in the extension's own engine, text for text what Jinja2 makes of them."""

from __future__ import annotations

import json
from itertools import product
from typing import Any

import pytest

from tabagent.engine_errors import TemplateFailed
from tests.chat_templates import (
    CONVERSATIONS,
    FAMILIES,
    SPECIAL_TOKENS,
    VARIABLES,
    jinja2_render,
    jinja2_template,
    source_of,
)
from tools.browser import ExtensionBrowser

CASES = list(product(CONVERSATIONS, VARIABLES))
# Renders every case with a tokenizer of transformers.js, to `text` or to what `refused` says.
RENDER = """async ({ tokenizer, config, templates, cases }) => {
  const { PreTrainedTokenizer } = await import(chrome.runtime.getURL("vendor/transformers/transformers.js"));
  const made = new PreTrainedTokenizer(tokenizer, config);
  const render = (template, { messages, variables }) => {
    const options = { tokenize: false, add_generation_prompt: true, chat_template: template, ...variables };
    try {
      return { text: made.apply_chat_template(messages, options) };
    } catch (error) {
      return { refused: `${error.name}: ${error.message}` };
    }
  };
  return Object.fromEntries(
    Object.entries(templates).map(([family, template]) => [family, cases.map((one) => render(template, one))]),
  );
}"""
# The smallest tokenizer there is; templates ask it for its special tokens alone.
TOKENIZER: dict[str, Any] = {
    "version": "1.0",
    "added_tokens": [],
    "normalizer": None,
    "pre_tokenizer": None,
    "post_processor": None,
    "decoder": None,
    "model": {"type": "BPE", "vocab": {"a": 0}, "merges": []},
}

# What the engine's Jinja (0.5.11) does in its own way: {name: (template, the engine's text, Jinja2's)}. Its prompts
# differ by the spaces that an earlier answer begins with, in families that strip its line ends.
OWN_WAYS = {
    "strips all white space": ("{{ '\\n a \\n'.strip('\\n') ~ '.' }}", "a.", " a ."),
    "loses what is written before continue": (
        "{% for x in [1, 2] %}{{ x }}{% continue %}{% endfor %}",
        "",
        "12",
    ),
}

Rendered = dict[str, list[dict[str, str]]]


@pytest.fixture(scope="module")
def rendered(shared_browser: ExtensionBrowser) -> Rendered:
    """What the engine makes of each case, by family."""
    page = shared_browser.context.new_page()
    page.goto(f"chrome-extension://{shared_browser.extension_id}/manifest.json")
    cases = [
        {
            "messages": [message.to_template() for message in CONVERSATIONS[conversation]],
            "variables": VARIABLES[variables],
        }
        for conversation, variables in CASES
    ]
    given: dict[str, Any] = {
        "tokenizer": TOKENIZER,
        "config": {"tokenizer_class": "PreTrainedTokenizer", **SPECIAL_TOKENS},
        "templates": {family: source_of(family) for family in FAMILIES}
        | {name: source for name, (source, _, _) in OWN_WAYS.items()},
        "cases": cases,
    }
    found: Rendered = page.evaluate(RENDER, json.loads(json.dumps(given)))
    page.close()
    return found


def expected(family: str, conversation: str, variables: str) -> str | None:
    """Return what Jinja2 makes of a case, None for a refusal."""
    try:
        return jinja2_render(family, CONVERSATIONS[conversation], VARIABLES[variables])
    except TemplateFailed:
        return None


def test_there_are_templates_of_twelve_families_at_least() -> None:
    assert len(FAMILIES) >= 12


@pytest.mark.parametrize("family", FAMILIES)
def test_a_familys_template_gives_the_reference_text_for_every_conversation(rendered: Rendered, family: str) -> None:
    different = {}
    for (conversation, variables), found in zip(CASES, rendered[family], strict=True):
        reference = expected(family, conversation, variables)
        if found.get("text") != reference:
            different[f"{conversation}, {variables}"] = (found, reference)

    assert len(different) == 0, next(iter(different.items()))


@pytest.mark.parametrize("family", FAMILIES)
def test_some_conversations_are_taken_by_every_family(rendered: Rendered, family: str) -> None:
    assert sum("text" in found for found in rendered[family]) >= len(CASES) // 4


@pytest.mark.parametrize("name", OWN_WAYS)
def test_the_engines_own_ways_are_known(rendered: Rendered, name: str) -> None:
    source, own, reference = OWN_WAYS[name]

    assert jinja2_template(source).render() == reference
    assert {found["text"] for found in rendered[name]} == {own}

"""The suggested models."""

from __future__ import annotations

import pytest

from tabagent.codec import decode_inspect_model
from tabagent.models.catalog import DEFAULT_MODEL, SUGGESTED_MODELS, SuggestedModel, title_of


def test_the_default_model_is_suggested_first() -> None:
    assert SUGGESTED_MODELS[0].repo == DEFAULT_MODEL


def test_no_model_is_suggested_twice() -> None:
    assert len({model.repo for model in SUGGESTED_MODELS}) == len(SUGGESTED_MODELS)


@pytest.mark.parametrize("model", SUGGESTED_MODELS, ids=lambda model: model.repo)
def test_a_suggested_model_can_be_asked_for_and_has_a_title(model: SuggestedModel) -> None:
    assert decode_inspect_model({"modelId": model.repo}).model_id == model.repo
    assert title_of(model.repo) == model.title


@pytest.mark.parametrize(("repo", "title"), [("acme/tiny-1B", "tiny-1B"), ("gpt2", "gpt2")])
def test_another_model_is_titled_by_its_name_without_the_owner(repo: str, title: str) -> None:
    assert title_of(repo) == title

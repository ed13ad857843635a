"""The models that TabAgent suggests before the person names one; any other model of the hub loads as well."""

from __future__ import annotations

from dataclasses import dataclass

DEFAULT_MODEL = "HuggingFaceTB/SmolLM2-135M-Instruct"


@dataclass(frozen=True, slots=True)
class SuggestedModel:
    """A model that is known to work, with a name for the person."""

    repo: str
    title: str


SUGGESTED_MODELS: tuple[SuggestedModel, ...] = (
    SuggestedModel(DEFAULT_MODEL, "SmolLM2 135M (smallest, any machine)"),
    SuggestedModel("HuggingFaceTB/SmolLM2-360M-Instruct", "SmolLM2 360M"),
    SuggestedModel("onnx-community/Qwen3-0.6B-ONNX", "Qwen3 0.6B"),
    SuggestedModel("HuggingFaceTB/SmolLM2-1.7B-Instruct", "SmolLM2 1.7B (a graphics card helps)"),
    SuggestedModel("HuggingFaceTB/SmolLM3-3B-ONNX", "SmolLM3 3B (needs a graphics card)"),
)


def title_of(repo: str) -> str:
    """Return the title of a suggested model, else its name without the owner."""
    return next((model.title for model in SUGGESTED_MODELS if model.repo == repo), repo.rpartition("/")[2])

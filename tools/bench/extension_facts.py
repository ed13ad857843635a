"""What the extension's own Python modules say, for the peers that must do alike and for the names of events."""

from __future__ import annotations

import sys
from dataclasses import dataclass

from tools.environment import ROOT


@dataclass(frozen=True, slots=True)
class WayOfReading:
    """How the extension reads a prompt and warms up.

    Attributes:
        piece: tokens in one pass, after the first token alone.
        warm_up_prompt: tokens of the prompt that belongs to loading.
        warm_up_new: tokens of its answer.
    """

    piece: int
    warm_up_prompt: int
    warm_up_new: int


def way_of_reading() -> WayOfReading:
    """Return the numbers for weights with dynamic quantization."""
    _find_modules()
    from tabagent.generation.prefill import PIECE_TOKENS_DYNAMIC
    from tabagent.models.loader import WARM_UP_NEW_TOKENS, WARM_UP_PROMPT_TOKENS

    return WayOfReading(
        piece=PIECE_TOKENS_DYNAMIC, warm_up_prompt=WARM_UP_PROMPT_TOKENS, warm_up_new=WARM_UP_NEW_TOKENS
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

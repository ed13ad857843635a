"""The command line of `tools.run`. Only the standard library: it is read before the environment exists."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from tools.environment import ToolError

DEFAULT_MODEL = "HuggingFaceTB/SmolLM2-135M-Instruct"
HUBS = ("auto", "local", "huggingface")
DEVICES = ("auto", "webgpu", "wasm")


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """What to run.

    Attributes:
        prompt: what to ask, without a window; None opens a window for a person.
        hub: where models come from: one of `HUBS`.
        model: the repository to load; None leaves the panel's own choice.
        dtype: the weights' precision as transformers.js names it; None leaves the panel's own choice.
        device: one of `DEVICES`.
        max_new_tokens: limit of the answer, in tokens; None leaves the panel's own.
        profile: the folder of a profile that stays; None uses one that is deleted at the end.
        port: where the local hub listens; 0 takes a free port.
    """

    prompt: str | None = None
    hub: str = "auto"
    model: str | None = None
    dtype: str | None = None
    device: str = "auto"
    max_new_tokens: int | None = None
    profile: Path | None = None
    port: int = 0

    @property
    def repository(self) -> str:
        """The repository that will be loaded, as far as the command line tells."""
        return self.model or DEFAULT_MODEL


class _Parser(argparse.ArgumentParser):
    """Reports a wrong command line like any other failure of a tool."""

    def error(self, message: str) -> NoReturn:
        raise ToolError(f"{message}; python3 -m tools.run --help lists the options")


def parse_arguments(arguments: Sequence[str]) -> RunOptions:
    """Read a command line; `ToolError` when it is wrong. `--help` prints and ends the process."""
    parser = _Parser(
        prog="python3 -m tools.run",
        description="Start Chromium with the extension and open its panel, or answer one prompt without a window.",
    )
    parser.add_argument(
        "--prompt", metavar="TEXT", help="send TEXT through the panel, without a window; print the answer"
    )
    parser.add_argument("--hub", choices=HUBS, default="auto", help="auto: huggingface.co if it answers, else local")
    parser.add_argument("--model", metavar="REPO", help=f"repository to load, by default {DEFAULT_MODEL}")
    parser.add_argument("--dtype", help="precision of the weights, for example q8; by default what fits the device")
    parser.add_argument("--device", choices=DEVICES, default="auto", help="where the model runs")
    parser.add_argument("--max-new-tokens", metavar="N", type=_positive, help="limit of the answer, in tokens")
    parser.add_argument("--keep-profile", metavar="DIR", type=Path, help="keep the profile, with its models, in DIR")
    parser.add_argument(
        "--port", metavar="N", type=_port, default=0, help="port of the local hub, by default a free one"
    )
    given = parser.parse_args(arguments)
    if given.prompt is not None and not given.prompt.strip():
        raise ToolError("the prompt is empty: give --prompt some text")
    if given.model is not None and not _is_repository(given.model):
        raise ToolError(f"{given.model!r} is not a repository: --model wants owner/name, for example {DEFAULT_MODEL}")
    return RunOptions(
        prompt=given.prompt,
        hub=given.hub,
        model=given.model,
        dtype=given.dtype,
        device=given.device,
        max_new_tokens=given.max_new_tokens,
        profile=given.keep_profile,
        port=given.port,
    )


def require_display(options: RunOptions) -> None:
    """Raise `ToolError` when a window is wanted where none can be shown."""
    if options.prompt is not None or not sys.platform.startswith("linux"):
        return
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        raise ToolError("there is no display for the window: set DISPLAY, or use --prompt TEXT, which needs none")


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return int(text)


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port: use 0 to 65535")
    return int(text)


def _is_repository(text: str) -> bool:
    owner, _, name = text.partition("/")
    return bool(owner and name) and all(
        part.replace("-", "").replace("_", "").replace(".", "").isalnum() for part in (owner, name)
    )

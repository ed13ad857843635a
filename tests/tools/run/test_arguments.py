"""The command line, and what is refused before anything is started."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tools.environment import ROOT, ToolError
from tools.run.arguments import DEFAULT_MODEL, RunOptions, parse_arguments, require_display
from tools.run.session import usable_profile


def test_nothing_given_means_a_window_with_the_default_model() -> None:
    options = parse_arguments([])

    assert options == RunOptions()
    assert (options.repository, options.hub, options.device) == (DEFAULT_MODEL, "auto", "auto")


def test_every_option_is_read() -> None:
    line = "--prompt Hi --hub local --model acme/tiny-1.5_x --dtype q4 --device wasm --max-new-tokens 9"

    options = parse_arguments([*line.split(), "--keep-profile", "here", "--port", "8443"])

    assert options == RunOptions(
        prompt="Hi",
        hub="local",
        model="acme/tiny-1.5_x",
        dtype="q4",
        device="wasm",
        max_new_tokens=9,
        profile=Path("here"),
        port=8443,
    )


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (["--prompt", " \n"], "the prompt is empty: give --prompt some text"),
        (["--hub", "mars"], "invalid choice: 'mars'"),
        (["--device", "tpu"], "invalid choice: 'tpu'"),
        (["--max-new-tokens", "0"], "'0' is not a whole number above 0"),
        (["--max-new-tokens", "many"], "'many' is not a whole number above 0"),
        (["--port", "70000"], "'70000' is not a port"),
        (["--model", "smollm"], "'smollm' is not a repository: --model wants owner/name"),
        (["--model", "https://huggingface.co/a/b"], "is not a repository"),
        (["--model", "../name"], "is not a repository"),
        (["--unknown"], "unrecognized arguments: --unknown; python3 -m tools.run --help lists the options"),
    ],
)
def test_a_wrong_command_line_is_one_clear_line(line: list[str], message: str) -> None:
    with pytest.raises(ToolError) as caught:
        parse_arguments(line)

    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only there a display can be missing")
@pytest.mark.parametrize(
    ("line", "message"),
    [
        (["--prompt", ""], "the prompt is empty: give --prompt some text"),
        ([], "there is no display for the window: set DISPLAY, or use --prompt TEXT, which needs none"),
    ],
)
def test_the_command_fails_with_one_line_and_a_status_before_it_installs_anything(
    line: list[str], message: str
) -> None:
    bare = {name: value for name, value in os.environ.items() if name not in {"DISPLAY", "WAYLAND_DISPLAY"}}
    command = [sys.executable, "-S", "-m", "tools.run", *line]  # -S: without installed packages

    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env=bare)

    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"error: {message}\n")


def test_a_window_needs_a_display_and_a_prompt_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)

    with pytest.raises(ToolError, match="there is no display for the window: set DISPLAY, or use --prompt TEXT"):
        require_display(RunOptions())
    require_display(RunOptions(prompt="Hi"))
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")
    require_display(RunOptions())


def test_a_profile_is_made_where_it_can_be(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")

    assert usable_profile(None) is None
    assert usable_profile(tmp_path / "new" / "profile") == tmp_path / "new" / "profile"
    with pytest.raises(ToolError, match=r"the profile .*file/profile cannot be made \(Not a directory\)"):
        usable_profile(blocked / "profile")

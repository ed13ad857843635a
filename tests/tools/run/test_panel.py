"""Driving a panel, which here is a page with the same elements and a background that is played."""

from __future__ import annotations

import io
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tools.hub.conftest import write_model
from tools.browser import BrowserOptions, ExtensionBrowser, open_browser
from tools.environment import ToolError
from tools.run.arguments import RunOptions
from tools.run.panel import PanelDriver
from tools.run.session import start

pytestmark = pytest.mark.browser
FAKE = Path(__file__).with_name("fake_extension")


@pytest.fixture(scope="module")
def browser() -> Iterator[ExtensionBrowser]:
    with open_browser(BrowserOptions(extension=FAKE)) as opened:
        yield opened


@pytest.fixture
def lines() -> list[str]:
    return []


@pytest.fixture
def panel(browser: ExtensionBrowser, lines: list[str]) -> PanelDriver:
    driver = PanelDriver(browser.open_panel(), report=lines.append, standstill_s=2)
    driver.wait_until_started()
    return driver


def test_an_answer_comes_in_pieces_as_it_is_written(panel: PanelDriver) -> None:
    panel.load()

    pieces = list(panel.ask("Hello"))

    assert "".join(pieces) == "[acme/tiny auto auto 512] You said: Hello"
    assert len(pieces) > 1


def test_a_prompt_of_several_lines_is_sent_once_and_whole(panel: PanelDriver) -> None:
    panel.load()

    assert "".join(panel.ask("one\ntwo ≠ zwei 🙂\n\nthree")).endswith("You said: one\ntwo ≠ zwei 🙂\n\nthree")
    assert panel.snapshot().answers == 1


def test_choices_reach_the_panel(panel: PanelDriver) -> None:
    panel.choose(model="acme/other", dtype="q8", device="wasm", max_new_tokens=7)
    panel.load()

    assert "".join(panel.ask("x")).startswith("[acme/other q8 wasm 7] ")


def test_loading_is_told_in_steps(panel: PanelDriver, lines: list[str]) -> None:
    panel.load()

    assert lines[0] == "Choose a model"
    assert lines[-1] == "Ready"
    assert "Loading: 50 %" in lines
    assert len(lines) == len(set(lines))


@pytest.mark.parametrize(
    ("model", "dtype", "device", "message"),
    [
        ("acme/unknown", None, "auto", r"There is no repository acme/unknown\. Check the name\."),
        ("acme/tiny", "q1", "auto", "acme/tiny cannot be loaded with dtype q1: choose one of auto, q8"),
        (None, None, "webgpu", "does not offer the device webgpu: choose one of auto, wasm"),
    ],
)
def test_a_choice_that_is_not_there_is_named(
    panel: PanelDriver, monkeypatch: pytest.MonkeyPatch, model: str | None, dtype: str | None, device: str, message: str
) -> None:
    monkeypatch.setattr("tools.run.panel.SETTLE_SECONDS", 0.3)

    with pytest.raises(ToolError, match=message):
        panel.choose(model=model, dtype=dtype, device=device)


def test_a_failed_load_ends_with_the_panels_own_words_in_one_line(panel: PanelDriver) -> None:
    panel.choose(model="acme/broken")

    with pytest.raises(ToolError, match=r"^The weights of acme/broken are damaged\. Delete the model and load it"):
        panel.load()


@pytest.mark.parametrize(
    ("prompt", "message"),
    [("fail", "The device was lost"), ("stop", r"ended early \(stopped\)"), ("hang", "nothing has changed for 2 s")],
)
def test_an_answer_that_ends_badly_is_given_up_to_there(panel: PanelDriver, prompt: str, message: str) -> None:
    panel.load()
    given: list[str] = []

    with pytest.raises(ToolError, match=message):
        given.extend(panel.ask(prompt))

    assert "".join(given).endswith(f"You said: {prompt}")


def test_a_run_prints_the_answer_and_nothing_else(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = io.StringIO()

    start(RunOptions(prompt="Hello"), FAKE, {"acme/tiny": write_model(tmp_path / "model")}, None, output)

    assert output.getvalue() == "[acme/tiny auto auto 512] You said: Hello\n"
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "Ready: 0 bytes from the hub." in captured.err


def test_ctrl_c_ends_a_run_in_order(tmp_path: Path) -> None:
    class Impatient(io.StringIO):
        def write(self, text: str) -> int:
            signal.raise_signal(signal.SIGINT)
            return super().write(text)

    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        start(RunOptions(prompt="hang"), FAKE, {}, tmp_path / "profile", Impatient())

    assert signal.getsignal(signal.SIGINT) is before
    assert not (tmp_path / "profile" / "SingletonLock").is_symlink(), "Chromium has ended"

"""One run: models, extension, Chromium, panel."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextlib import ExitStack, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from tools.browser import BrowserOptions, ExtensionBrowser, open_browser
from tools.environment import ToolError, report
from tools.hub import LocalHub
from tools.run.arguments import RunOptions
from tools.run.interruption import interruptible
from tools.run.models import hub_answers, local_repositories
from tools.run.panel import PanelDriver

if TYPE_CHECKING:
    from playwright.sync_api import Page


def run(options: RunOptions, *, output: TextIO = sys.stdout) -> None:
    """Do what a command line asks for.

    Args:
        options: the command line.
        output: receives the answer, and nothing else.

    Raises:
        ToolError: something failed; the text is for the person.
        KeyboardInterrupt: the person ended it.
    """
    profile = usable_profile(options.profile)
    with redirect_stdout(sys.stderr):  # stdout belongs to the answer
        from tools.build.extension import build_extension

        use_local = options.hub == "local" or (options.hub == "auto" and not hub_answers(options.repository))
        report(f"Models come from {'a local hub' if use_local else 'huggingface.co'}.")
        repositories = local_repositories(options) if use_local else None
        extension = build_extension()
    start(options, extension, repositories, profile, output)


def start(
    options: RunOptions, extension: Path, repositories: dict[str, Path] | None, profile: Path | None, output: TextIO
) -> None:
    """Open the built extension in Chromium and use it; `repositories` is None to use the real hub."""
    from playwright.sync_api import Error

    with ExitStack() as stack:
        check = stack.enter_context(interruptible())
        hub = None if repositories is None else stack.enter_context(LocalHub(repositories, port=options.port))
        browser = stack.enter_context(open_browser(browser_options(options, extension, profile, hub)))
        check()
        try:
            _use(options, browser, hub, check, output)
        except Error as error:
            raise ToolError(_what_broke(browser, error.message)) from error


def browser_options(options: RunOptions, extension: Path, profile: Path | None, hub: LocalHub | None) -> BrowserOptions:
    """Return how to start Chromium for a run."""
    # Chromium offers WebGPU on Linux only when it is asked to.
    arguments = ("--enable-unsafe-webgpu",) if options.device == "webgpu" else ()
    return BrowserOptions(
        extension=extension, profile=profile, headless=options.prompt is not None, hub=hub, arguments=arguments
    )


def usable_profile(profile: Path | None) -> Path | None:
    """Return the folder for a profile that stays, made when it is missing; `ToolError` when it cannot be used."""
    if profile is None:
        return None
    try:
        profile.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ToolError(f"the profile {profile} cannot be made ({error.strerror}): choose another folder") from error
    if not os.access(profile, os.W_OK):
        raise ToolError(f"the profile {profile} cannot be written: choose another folder")
    return profile.resolve()


def _use(
    options: RunOptions, browser: ExtensionBrowser, hub: LocalHub | None, check: Callable[[], None], output: TextIO
) -> None:
    page = browser.open_panel()
    panel = PanelDriver(page, check=check, report=report)
    panel.wait_until_started()
    chosen = any((options.model, options.dtype, options.device != "auto"))
    panel.choose(model=options.model, dtype=options.dtype, device=options.device, max_new_tokens=options.max_new_tokens)
    if options.prompt is None:
        if chosen:
            panel.load()
        _wait_for_person(page, check)
        return
    panel.load()
    if hub is not None:
        report(f"Ready: {_amount(hub.requests.bytes_sent())} from the hub.")
    try:
        for piece in panel.ask(options.prompt):
            output.write(piece)
            output.flush()
        output.write("\n")
        output.flush()
    except BrokenPipeError:
        # Nobody reads on; the interpreter must not try to flush the rest at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise ToolError("the answer was not read to its end: stdout was closed") from None


def _wait_for_person(page: Page, check: Callable[[], None]) -> None:
    """Wait until the window is closed or Ctrl-C is pressed."""
    from playwright.sync_api import Error

    report("The panel is open. Close its tab, or press Ctrl-C here, to end.")
    while not page.is_closed():
        try:
            check()
            page.wait_for_timeout(200)
        except KeyboardInterrupt:
            return
        except Error:
            if not page.is_closed():
                raise


def _amount(size: int) -> str:
    return f"{size} bytes" if size < 10_000 else f"{size / 1e6:.1f} MB"


def _what_broke(browser: ExtensionBrowser, message: str) -> str:
    first = next((line.strip() for line in message.splitlines() if line.strip()), "no reason was given")
    if "closed" in first or "crashed" in first:
        first = "Chromium or the panel was closed before the end"
    heard = f"; the extension's last error was: {browser.errors[-1].text.splitlines()[0]}" if browser.errors else ""
    return f"{first}{heard}"

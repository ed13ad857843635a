"""Chromium with the unpacked extension, driven by Playwright's synchronous API.

Used by `tools.run`, the browser tests and the benchmarks:

    with open_browser(BrowserOptions(extension=DIST / "extension", hub=hub)) as browser:
        panel = browser.open_panel()
        offscreen = browser.offscreen()          # a DevTools session of the offscreen document
        assert offscreen.evaluate("crossOriginIsolated")
        assert not browser.errors

Playwright knows pages and service workers; the offscreen document and the runtime thread in it are reached through
DevTools sessions of their own (`TargetSession`), and what they print is collected with the rest.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from tools.devtools import OFFSCREEN, SERVICE_WORKER, WORKER, ConsoleLine, TargetSession
from tools.environment import ToolError, find_chromium

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, CDPSession, Page, Playwright

PANEL_PAGE = "sidepanel/index.html"
SOFTWARE_GPU_ARGUMENTS = ("--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader")


class MappedHub(Protocol):
    """What a browser needs to know of a hub that stands in for huggingface.co."""

    @property
    def chromium_arguments(self) -> list[str]:
        """Arguments by which Chromium finds it."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class BrowserOptions:
    """How to start Chromium.

    Attributes:
        extension: the unpacked extension.
        profile: where the profile lies and stays; None uses a new one that is deleted at the end.
        headless: whether to run without a window.
        hub: stands in for huggingface.co; None leaves the network as it is.
        software_gpu: whether to offer WebGPU by a software adapter, which is slow, and without f16.
        arguments: more command line arguments. `--disable-features` would replace Playwright's list, not add to it.
        timeout_s: limit of each step of the start, in seconds.
    """

    extension: Path
    profile: Path | None = None
    headless: bool = True
    hub: MappedHub | None = None
    software_gpu: bool = False
    arguments: tuple[str, ...] = ()
    timeout_s: float = 60.0

    def command_line(self) -> list[str]:
        """Return the arguments that are added to Playwright's."""
        folder = self.extension.resolve()
        arguments = [f"--disable-extensions-except={folder}", f"--load-extension={folder}", "--disable-sync"]
        if self.hub is not None:
            arguments += self.hub.chromium_arguments
        if self.software_gpu:
            arguments += SOFTWARE_GPU_ARGUMENTS
        return [*arguments, *self.arguments]


class ExtensionBrowser:
    """A running Chromium with the extension.

    Attributes:
        context: Playwright's context of the profile.
        extension_id: the extension's id in this Chromium.
        panel_url: the side panel's page, opened like any other.
        console: what all parts of the extension printed until now, oldest first.
    """

    def __init__(self, context: BrowserContext, extension_id: str) -> None:
        self.context = context
        self.extension_id = extension_id
        self.panel_url = f"chrome-extension://{extension_id}/{PANEL_PAGE}"
        self.console: list[ConsoleLine] = []
        self._sessions: dict[str, TargetSession] = {}
        self._by_session_id: dict[str, TargetSession] = {}
        self._seen: dict[str, int] = {}
        self._attaching: set[str] = set()
        self._session = _browser_session(context)
        self._session.on("Target.receivedMessageFromTarget", self._on_target_message)
        self._session.on("Target.targetCreated", self._on_target)
        # A document that changes its process loses its session, and is told as changed, not as created.
        self._session.on("Target.targetInfoChanged", self._on_target)
        self._session.on("Target.detachedFromTarget", self._on_detached)
        self._session.send("Target.setDiscoverTargets", {"discover": True})
        context.on("console", lambda message: self._add(_page_url(message.page), message.type, message.text))
        context.on("weberror", lambda error: self._add(_page_url(error.page), "exception", str(error.error)))

    @property
    def errors(self) -> list[ConsoleLine]:
        """The console's errors and uncaught exceptions."""
        return [line for line in self.console if line.level in {"error", "exception", "assert"}]

    def open_panel(self, *, new_tab: bool = False) -> Page:
        """Open the side panel's page and return it."""
        page = self.context.new_page() if new_tab or not self.context.pages else self.context.pages[0]
        page.goto(self.panel_url)
        return page

    def offscreen(self, *, timeout_s: float = 10.0) -> TargetSession:
        """Return the offscreen document, waiting until there is one; `TimeoutError` when there is none in time."""
        return self._target(OFFSCREEN, timeout_s)

    def runtime_thread(self, *, timeout_s: float = 10.0) -> TargetSession:
        """Return the worker in which Python runs, waiting until there is one; `TimeoutError` as above."""
        # Its owner's session makes it answer; it has workers of its own, ONNX Runtime's threads.
        owner = self.offscreen(timeout_s=timeout_s)
        return self._target(WORKER, timeout_s, parent=owner.target_id)

    def service_worker(self, *, timeout_s: float = 10.0) -> TargetSession:
        """Return the service worker, waiting until it runs; `TimeoutError` as above."""
        return self._target(SERVICE_WORKER, timeout_s)

    def press_toolbar_button(self, url: str) -> None:
        """Press the extension's button in the toolbar while the tab with this address is shown."""
        targets = self._session.send("Target.getTargets", {"filter": [{"type": "tab"}]})["targetInfos"]
        tab = next(target["targetId"] for target in targets if target["url"] == url)
        self._session.send("Extensions.triggerAction", {"id": self.extension_id, "targetId": tab})

    def side_panel(self, *, timeout_s: float = 10.0) -> TargetSession:
        """Return the side panel that the browser shows beside a tab, which is no page of Playwright's."""
        found: list[dict[str, Any]] = []

        def look() -> bool:
            found.extend(each for each in self._targets() if (each["type"], each["url"]) == ("page", self.panel_url))
            return bool(found)

        self.wait_until(look, timeout_s=timeout_s)
        target_id = found[0]["targetId"]
        attached = self._session.send("Target.attachToTarget", {"targetId": target_id, "flatten": False})
        session = TargetSession(target_id, self.panel_url, self._session, attached["sessionId"])
        self._sessions[target_id] = self._by_session_id[attached["sessionId"]] = session
        session.listen("page")
        return session

    def stop_service_worker(self) -> None:
        """End the service worker, as Chromium does when it is idle; nothing happens when it does not run."""
        for target in self._targets():
            if target["type"] == SERVICE_WORKER:
                self._session.send("Target.closeTarget", {"targetId": target["targetId"]})
        self.wait_until(lambda: not any(target["type"] == SERVICE_WORKER for target in self._targets()))

    def wait_until(self, condition: Callable[[], bool], *, timeout_s: float = 10.0) -> None:
        """Wait until a condition holds, letting events arrive; `TimeoutError` when it does not in time."""
        limit = time.monotonic() + timeout_s
        while not condition():
            if time.monotonic() > limit:
                raise TimeoutError(f"the browser did not get there in {timeout_s} s")
            self._session.send("Browser.getVersion")
            time.sleep(0.01)

    def _target(self, kind: str, timeout_s: float, *, parent: str | None = None) -> TargetSession:
        found: list[TargetSession] = []

        def look() -> bool:
            for target in self._targets():
                if target["type"] == kind and parent in (None, target.get("parentId")):
                    session = self._attach(target)
                    found.extend([session] if session else [])
                    return session is not None
            return False

        try:
            self.wait_until(look, timeout_s=timeout_s)
        except TimeoutError:
            raise TimeoutError(f"the extension has no {kind} after {timeout_s} s") from None
        return found[0]

    def _targets(self) -> list[dict[str, Any]]:
        """Return the extension's own parts, the newest first: one that ended stays in the list while it is listened to.

        A dedicated worker tells no address, and nobody else has one here.
        """
        own = f"chrome-extension://{self.extension_id}/"
        targets = self._session.send("Target.getTargets")["targetInfos"]
        parts = [
            target
            for target in targets
            if target["url"].startswith(own) or (target["type"] == WORKER and not target["url"])
        ]
        return sorted(parts, key=lambda target: self._seen.get(target["targetId"], len(self._seen)), reverse=True)

    def _attach(self, target: dict[str, Any]) -> TargetSession | None:
        """Open a session of a target, once, and listen to its console when Playwright does not.

        Returns None while another call does it: events arrive, and attach, during every call to Chromium.
        """
        target_id = target["targetId"]
        known = self._sessions.get(target_id)
        if known is not None or target["type"] not in {OFFSCREEN, SERVICE_WORKER, WORKER}:
            return known or TargetSession(target_id, target["url"], self._session, "")
        if target_id in self._attaching:
            return None
        self._attaching.add(target_id)
        try:
            attached = self._session.send("Target.attachToTarget", {"targetId": target_id, "flatten": False})
        finally:
            self._attaching.discard(target_id)
        session = TargetSession(target_id, target["url"], self._session, attached["sessionId"])
        self._sessions[target_id] = session
        self._by_session_id[attached["sessionId"]] = session
        session.listen(target["type"])
        return session

    def _on_target(self, event: dict[str, Any]) -> None:
        from playwright.sync_api import Error

        self._seen.setdefault(event["targetInfo"]["targetId"], len(self._seen))
        with suppress(Error):  # it is gone already
            self._attach(event["targetInfo"])

    def _on_target_message(self, event: dict[str, Any]) -> None:
        session = self._by_session_id.get(event["sessionId"])
        line = session.receive(json.loads(event["message"])) if session else None
        if line is not None:
            self.console.append(line)

    def _on_detached(self, event: dict[str, Any]) -> None:
        session = self._by_session_id.pop(event["sessionId"], None)
        if session is not None:
            self._sessions.pop(session.target_id, None)

    def _add(self, source: str, level: str, text: str) -> None:
        # Service workers have a session of their own here; Playwright reports them as well, without a page.
        if source:
            self.console.append(ConsoleLine(source, level, text))


class _SharedPlaywright(threading.local):
    """The one Playwright that a thread can have, from its first use to its last."""

    users = 0

    def __enter__(self) -> Playwright:
        from playwright.sync_api import sync_playwright

        if self.users == 0:
            self._manager = sync_playwright()
            self._playwright = self._manager.__enter__()
        self.users += 1
        return self._playwright

    def __exit__(self, *error: object) -> None:
        self.users -= 1
        if self.users == 0:
            self._manager.__exit__(*error)


_PLAYWRIGHT = _SharedPlaywright()


@contextmanager
def open_browser(options: BrowserOptions) -> Iterator[ExtensionBrowser]:
    """Start Chromium with the extension, and end it with everything that it made.

    Several may be open at once.

    Raises:
        ToolError: there is no Chromium, it did not start, or it refused the extension; the text says why.
    """
    from playwright.sync_api import Error

    extension_id = unpacked_extension_id(options.extension)
    chromium = find_chromium()
    with ExitStack() as stack:
        playwright = stack.enter_context(_PLAYWRIGHT)
        profile = options.profile or Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="tabagent-profile-", ignore_cleanup_errors=True))
        )
        try:
            context = _launch(playwright, chromium, profile.resolve(), options)
        except Error as error:
            raise ToolError(_why_not_started(chromium, profile, error.message)) from error
        try:
            context.set_default_timeout(options.timeout_s * 1000)
            browser = ExtensionBrowser(context, extension_id)
            _require_accepted(browser, options.extension)
            yield browser
        finally:
            with suppress(Error):  # the person may have closed the window
                context.close()


def _launch(playwright: Playwright, chromium: Path, profile: Path, options: BrowserOptions) -> BrowserContext:
    is_root = getattr(os, "geteuid", lambda: 1)() == 0
    return playwright.chromium.launch_persistent_context(
        profile,
        executable_path=chromium,
        headless=options.headless,
        # Chromium's sandbox does not work for root; for others a window deserves it.
        chromium_sandbox=not options.headless and not is_root,
        ignore_default_args=["--disable-extensions"],
        args=options.command_line(),
        no_viewport=not options.headless,
        timeout=options.timeout_s * 1000,
        # Ctrl-C is for the command, which closes the browser in order.
        handle_sigint=False,
        handle_sigterm=False,
        handle_sighup=False,
    )


def unpacked_extension_id(extension: Path) -> str:
    """Return the id that Chromium gives to an unpacked extension: of the manifest's key, else of the folder.

    Raises:
        ToolError: there is no readable manifest.
    """
    manifest_file = extension / "manifest.json"
    try:
        manifest = json.loads(manifest_file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ToolError(
            f"there is no extension in {extension} ({error.strerror}): build it with python3 -m tools.build"
        ) from error
    except ValueError as error:
        raise ToolError(f"{manifest_file} is not JSON ({error}): build it with python3 -m tools.build") from error
    key = manifest.get("key") if isinstance(manifest, dict) else None
    identity = base64.b64decode(key) if isinstance(key, str) else os.fsencode(extension.resolve())
    return "".join(chr(ord("a") + int(digit, 16)) for digit in hashlib.sha256(identity).hexdigest()[:32])


def _require_accepted(browser: ExtensionBrowser, extension: Path) -> None:
    """Raise `ToolError` with Chromium's own words when it does not run the extension."""
    from playwright.sync_api import Error

    page = browser.context.pages[0] if browser.context.pages else browser.context.new_page()
    try:
        page.goto(f"chrome-extension://{browser.extension_id}/manifest.json")
        page.goto("about:blank")
    except Error:
        session = _browser_session(browser.context)
        reason = "it gave no reason"
        try:
            # Loading it once more is the way to hear what Chromium holds against it.
            session.send("Extensions.loadUnpacked", {"path": str(extension.resolve())})
        except Error as error:
            reason = error.message.partition("Extensions.loadUnpacked): ")[2] or error.message
        raise ToolError(f"Chromium refused the extension in {extension}: {' '.join(reason.split())}") from None


def _browser_session(context: BrowserContext) -> CDPSession:
    """Return a DevTools session of the whole browser."""
    if context.browser is None:  # only connections to foreign browsers lack it
        raise RuntimeError("this context belongs to no browser that was started here")
    return context.browser.new_browser_cdp_session()


def _why_not_started(chromium: Path, profile: Path, message: str) -> str:
    lowered = message.lower()
    if "processsingleton" in lowered or "profile appears to be in use" in lowered or "singletonlock" in lowered:
        return f"the profile {profile} is in use by another Chromium: close that one, or choose another folder"
    if "missing x server" in lowered or "$display" in lowered or "ozone_platform" in lowered:
        return "there is no display for Chromium's window: set DISPLAY or WAYLAND_DISPLAY, or run without a window"
    first = next((line.strip() for line in message.splitlines() if line.strip()), "no reason was given")
    return f"{chromium} did not start: {first}"


def _page_url(page: Page | None) -> str:
    return page.url if page is not None else ""

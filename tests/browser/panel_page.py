"""The side panel as a person sees it, for assertions; `tools.run.panel` drives it for whole conversations."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from tools.run.panel import PanelDriver, Snapshot

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

POLL_MS = 20
ACTION_LIMIT_MS = 15_000


class PanelPage:
    """One open panel.

    Args:
        page: Its page.
    """

    def __init__(self, page: Page) -> None:
        self.page = page
        self.driver = PanelDriver(page, standstill_s=60)
        page.set_default_timeout(ACTION_LIMIT_MS)

    def look(self) -> Snapshot:
        """Return what the panel shows now."""
        return self.driver.snapshot()

    @property
    def state(self) -> str:
        """The state of the model that the panel knows; empty before it knows any."""
        return self.look().state

    @property
    def badge(self) -> str:
        """What the device badge says."""
        return self.one("device-badge").inner_text() if self.one("device-badge").is_visible() else ""

    @property
    def answers(self) -> list[str]:
        """The texts of all answers, as the model wrote them."""
        found: list[str] = self.page.evaluate(
            """() => [...document.querySelectorAll('[data-role="assistant"] [data-testid="message-text"]')]
                 .map((element) => element.dataset.raw)"""
        )
        return found

    @property
    def questions(self) -> list[str]:
        """The texts of all questions."""
        found: list[str] = self.page.evaluate(
            """() => [...document.querySelectorAll('[data-role="user"] [data-testid="message-text"]')]
                 .map((element) => element.dataset.raw)"""
        )
        return found

    def one(self, name: str) -> Locator:
        """Return an element by its test id."""
        return self.page.get_by_test_id(name).first

    def choose_and_load(self, model: str, *, dtype: str | None = None, device: str = "auto") -> None:
        """Choose a model and load it, as a person does."""
        self.driver.wait_until_started()
        self.driver.choose(model=model, dtype=dtype, device=device)
        self.driver.load()

    def new_chat(self) -> None:
        """Begin an empty conversation; in an empty one there is nothing to press."""
        if self.one("new-chat-button").is_enabled():
            self.one("new-chat-button").click()
        self.wait(lambda: self.answers == [], "an empty conversation")

    def type_and_send(self, text: str) -> None:
        """Write a message and press Enter."""
        self.one("prompt").fill(text)
        self.one("prompt").press("Enter")

    def wait(self, condition: Callable[[], object], what: str, timeout_s: float = 60) -> None:
        """Wait until something holds; `TimeoutError` with what the panel shows when it does not in time."""
        limit = time.monotonic() + timeout_s
        while not condition():
            if time.monotonic() > limit:
                raise TimeoutError(f"waited {timeout_s} s for {what}; the panel shows {self.look()}")
            self.page.wait_for_timeout(POLL_MS)

    def wait_for_state(self, *states: str, timeout_s: float = 90) -> None:
        """Wait for one of the model's states."""
        self.wait(lambda: self.state in states, f"the state {' or '.join(states)}", timeout_s)

    def wait_for_answer(self, *statuses: str, timeout_s: float = 90) -> str:
        """Wait until the last answer has one of these statuses, and return its text."""
        self.wait(
            lambda: self.look().answer_status in statuses, f"an answer that is {' or '.join(statuses)}", timeout_s
        )
        return self.look().answer

    def wait_for_error(self, text: str) -> None:
        """Wait until the panel shows an error with these words."""
        words = " ".join(text.split())
        self.wait(lambda: words in self.look().error, f"the error {words!r}", 15)

"""The side panel, used as a person uses it: through what it shows, the mouse and the keyboard."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tools.environment import ToolError

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

READY_STATES = frozenset({"model_ready", "idle"})
POLL_MS = 50
START_SECONDS = 90.0
# What a model offers arrives a moment after the model was chosen.
SETTLE_SECONDS = 15.0
# Nothing that the panel shows changes for this long: something hangs. A long prompt shows its progress meanwhile.
STANDSTILL_SECONDS = 240.0

# One look at everything that the driver waits for; `snapshot` gives it types.
_LOOK = """() => {
  const one = (name) => document.querySelector(`[data-testid="${name}"]`);
  const seen = (element) => Boolean(element) && element.checkVisibility();
  const answers = document.querySelectorAll('[data-testid="message"][data-role="assistant"]');
  const answer = answers[answers.length - 1];
  const error = one("error");
  return {
    state: document.documentElement.dataset.state ?? "",
    status: one("status")?.textContent.trim() ?? "",
    progress: one("progress")?.getAttribute("aria-valuenow") ?? "",
    error: seen(error) ? error.textContent.trim() : "",
    canLoad: seen(one("load-button")) && !one("load-button").disabled,
    answers: answers.length,
    answerStatus: answer?.dataset.status ?? "",
    answer: answer?.querySelector('[data-testid="message-text"]')?.dataset.raw ?? "",
  };
}"""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What the panel shows at one time.

    Attributes:
        state: of the model, as `ModelWorkerStates` has it; empty before the panel runs.
        status: the status line.
        progress: of loading, in percent, as text.
        error: the error that is shown; empty when there is none.
        can_load: whether the load button can be pressed.
        answers: how many answers there are.
        answer_status: of the last answer: streaming, complete, stopped or error; empty when there is none.
        answer: the last answer's text until now, as the model wrote it.
    """

    state: str
    status: str
    progress: str
    error: str
    can_load: bool
    answers: int
    answer_status: str
    answer: str


class PanelDriver:
    """A person at the panel.

    Attributes:
        page: the panel's page.
    """

    def __init__(
        self,
        page: Page,
        *,
        check: Callable[[], None] = lambda: None,
        report: Callable[[str], None] = lambda line: None,
        standstill_s: float = STANDSTILL_SECONDS,
    ) -> None:
        """Take a panel's page.

        Args:
            page: the page, already opened.
            check: called often while waiting; raises to give up.
            report: receives lines about the progress.
            standstill_s: seconds without any change after which waiting ends with an error.
        """
        self.page = page
        self._check = check
        self._report = report
        self._standstill_s = standstill_s
        self._last_line = ""

    def snapshot(self) -> Snapshot:
        """Return what the panel shows now."""
        seen = self.page.evaluate(_LOOK)
        return Snapshot(
            state=seen["state"],
            status=seen["status"],
            progress=seen["progress"],
            error=" ".join(seen["error"].split()),
            can_load=seen["canLoad"],
            answers=seen["answers"],
            answer_status=seen["answerStatus"],
            answer=seen["answer"],
        )

    def wait_until_started(self) -> None:
        """Wait until the background answers and a model can be chosen."""
        self._wait(lambda seen: seen.can_load or seen.state in READY_STATES, "start", START_SECONDS)

    def choose(
        self,
        *,
        model: str | None = None,
        dtype: str | None = None,
        device: str = "auto",
        max_new_tokens: int | None = None,
    ) -> None:
        """Set what is given; the rest stays as the panel has it."""
        if model is not None:
            self._choose_model(model)
        if dtype is not None:
            self._pick("dtype-select", dtype, f"{model or 'the model'} cannot be loaded with dtype {dtype}")
        if device != "auto":
            self._pick("device-select", device, f"the panel does not offer the device {device}")
        if max_new_tokens is not None:
            self._set_max_new_tokens(max_new_tokens)

    def load(self) -> None:
        """Press the load button and wait until the model is ready."""
        self._wait(lambda seen: seen.can_load or seen.state in READY_STATES, "offer to load the model", START_SECONDS)
        if self.snapshot().can_load:
            self._one("load-button").click()
        self._wait(lambda seen: seen.state in READY_STATES, "load the model", self._standstill_s)

    def ask(self, prompt: str) -> Iterator[str]:
        """Type a prompt, send it with Enter, and yield the answer piece by piece.

        Raises:
            ToolError: the panel shows an error, the answer was stopped, or nothing happens any more.
        """
        before = self.snapshot().answers
        self._one("prompt").click()
        for number, line in enumerate(prompt.splitlines()):
            if number:
                self.page.keyboard.press("Shift+Enter")
            self.page.keyboard.type(line)
        self.page.keyboard.press("Enter")
        given = ""
        for seen in self._watch("answer", self._standstill_s):
            if seen.answers <= before:
                continue
            if not seen.answer.startswith(given):
                raise ToolError("the panel changed the beginning of the answer while it was shown")
            if seen.answer != given:
                yield seen.answer[len(given) :]
                given = seen.answer
            if seen.answer_status == "complete":
                return
            if seen.answer_status in {"stopped", "error"}:
                raise ToolError(seen.error or f"the answer ended early ({seen.answer_status})")

    def _choose_model(self, model: str) -> None:
        select = self._one("model-select")
        if model not in self._values(select):
            entry = self._one("model-input")
            if not entry.is_visible():  # behind an entry of the list, or in a part that is folded
                raise ToolError(f"the panel shows no field to enter {model}")
            entry.fill(model)
            self._one("model-add").click()
            self._wait(lambda seen: model in self._values(select), f"find {model}", START_SECONDS)
        select.select_option(model)

    def _pick(self, name: str, value: str, refusal: str) -> None:
        select = self._one(name)
        if value not in self._values(select):
            self._settle(lambda: value in self._values(select))
        offered = self._values(select)
        if value not in offered:
            raise ToolError(f"{refusal}: choose one of {', '.join(offered) or 'none that it offers'}")
        select.select_option(value)

    def _set_max_new_tokens(self, tokens: int) -> None:
        self._one("tab-settings").click()
        field = self._one("max-new-tokens")
        field.fill(str(tokens))
        field.press("Tab")
        self._one("tab-chat").click()

    def _values(self, select: Locator) -> list[str]:
        """Return the values of a select that can be chosen."""
        values: list[str] = select.evaluate(
            "(element) => [...element.options].filter((option) => !option.disabled).map((option) => option.value)"
        )
        return values

    def _one(self, name: str) -> Locator:
        return self.page.get_by_test_id(name).first

    def _settle(self, condition: Callable[[], bool]) -> None:
        limit = time.monotonic() + SETTLE_SECONDS
        while not condition() and time.monotonic() < limit:
            self._check()
            self.page.wait_for_timeout(POLL_MS)

    def _wait(self, done: Callable[[Snapshot], bool], what: str, standstill_s: float) -> None:
        for seen in self._watch(what, standstill_s):
            if done(seen):
                return

    def _watch(self, what: str, standstill_s: float) -> Iterator[Snapshot]:
        """Yield what the panel shows, again and again.

        Raises:
            ToolError: it shows an error, or nothing has changed for too long.
        """
        before, changed = None, time.monotonic()
        while True:
            self._check()
            seen = self.snapshot()
            if seen != before:
                before, changed = seen, time.monotonic()
                self._tell(seen)
            elif time.monotonic() - changed > standstill_s:
                raise ToolError(
                    f"the panel did not {what}: nothing has changed for {standstill_s:.0f} s "
                    f"(state {seen.state or 'unknown'}, {seen.status or 'no status'})"
                )
            yield seen
            # After the yield: an answer whose last words came with the error is given to its end.
            if seen.error or seen.state == "error":
                raise ToolError(seen.error or f"the panel could not {what}: {seen.status or 'it gave no reason'}")
            self.page.wait_for_timeout(POLL_MS)

    def _tell(self, seen: Snapshot) -> None:
        """Report the status, and the progress in steps of ten percent."""
        percent = float(seen.progress) if seen.progress.replace(".", "", 1).isdecimal() else None
        shown = f" {int(percent // 10) * 10} %" if percent is not None and seen.state == "loading_model" else ""
        line = f"{seen.status.partition(chr(10))[0]}{shown}" if not shown else f"Loading:{shown}"
        if line.strip() and line != self._last_line and seen.state != "generating":
            self._last_line = line
            self._report(line)

"""What this thread leaves to the one after it, kept up to date in one place because it can end at any time."""

from __future__ import annotations

from dataclasses import replace

from tabagent.errors import Busy
from tabagent.messages import LoadModel
from tabagent.models.baton import Baton, Interrupted
from tabagent.ports.host import RuntimeHost


class Handover:
    """Keeps the baton and ends the thread.

    Args:
        host: The supervisor.

    Attributes:
        asleep: The model that was given back because nobody used it; part of every baton.
        answers: Those that run or wait; part of every baton.
        ending: The thread is about to end.
        giving_up: The next thread is to begin with nothing.
    """

    def __init__(self, host: RuntimeHost) -> None:
        self._host = host
        self._baton = Baton()
        self.asleep: LoadModel | None = None
        self.answers: tuple[Interrupted, ...] = ()
        self.ending = self.giving_up = False

    def keep(self, baton: Baton) -> None:
        """Leave this to the next thread, with what is part of every baton."""
        self._baton = baton
        whole = Baton() if self.giving_up else replace(baton, asleep=self.asleep, interrupted=self.answers)
        self._host.retain(whole.to_text())

    def keep_answers(self, answers: tuple[Interrupted, ...]) -> None:
        """Leave these answers with what is kept already."""
        self.answers = answers
        self.keep(self._baton)

    def give_up(self) -> None:
        """Leave nothing, whatever is kept from now on."""
        self.ending = self.giving_up = True
        self.asleep = None
        self.keep(Baton())

    def restart(self, reason: str) -> None:
        """End this thread."""
        self.ending = True
        self._host.restart(reason)

    def refuse_when_ending(self) -> None:
        """Refuse what would end with the thread, without an outcome.

        Raises:
            Busy: The thread is about to end.
        """
        if self.ending:
            raise restarting()


def restarting() -> Busy:
    """Return the refusal of a thread that is about to end."""
    return Busy("TabAgent's runtime is being started again. Try again in a moment.")

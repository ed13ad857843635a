"""The states of the model manager, as one table. Everything that changes the state goes through `StateMachine.to`."""

from __future__ import annotations

from collections.abc import Callable

from tabagent.events import ModelWorkerStates as State

# uninitialized  nothing is loaded            error  the last load failed; nothing is loaded
# model_ready    loaded, not used yet         idle   loaded, and an answer has been given
TRANSITIONS: dict[State, frozenset[State]] = {
    State.UNINITIALIZED: frozenset({State.LOADING_MODEL}),
    State.LOADING_MODEL: frozenset({State.MODEL_READY, State.IDLE, State.ERROR, State.UNINITIALIZED}),
    State.MODEL_READY: frozenset({State.GENERATING, State.LOADING_MODEL, State.UNINITIALIZED}),
    State.GENERATING: frozenset({State.IDLE, State.UNINITIALIZED}),
    State.IDLE: frozenset({State.GENERATING, State.LOADING_MODEL, State.UNINITIALIZED}),
    State.ERROR: frozenset({State.LOADING_MODEL, State.UNINITIALIZED}),
}


class IllegalTransitionError(RuntimeError):
    """A bug: the code asked for a change of state that the table does not have."""


class StateMachine:
    """Holds the state and tells an observer about each change.

    Args:
        observe: Called with the new state after every transition.
        initial: Where to start; `error` when the thread before this one ended in it.
    """

    def __init__(self, observe: Callable[[State], None], initial: State = State.UNINITIALIZED) -> None:
        self._state = initial
        self._observe = observe

    @property
    def state(self) -> State:
        """The current state."""
        return self._state

    def to(self, new: State) -> None:
        """Go to another state.

        Raises:
            IllegalTransitionError: The table has no such transition.
        """
        if new not in TRANSITIONS[self._state]:
            raise IllegalTransitionError(f"{self._state.value} -> {new.value}")
        self._state = new
        self._observe(new)

"""The table of states."""

from __future__ import annotations

from itertools import product

import pytest

from tabagent.events import ModelWorkerStates as State
from tabagent.models.state import TRANSITIONS, IllegalTransitionError, StateMachine

PAIRS = list(product(State, State))
ALLOWED = [(old, new) for old, new in PAIRS if new in TRANSITIONS[old]]
FORBIDDEN = [pair for pair in PAIRS if pair not in ALLOWED]


@pytest.mark.parametrize(("old", "new"), ALLOWED)
def test_an_allowed_transition_is_made_and_told(old: State, new: State) -> None:
    told: list[State] = []
    machine = StateMachine(told.append, old)
    machine.to(new)

    assert machine.state is new
    assert told == [new]


@pytest.mark.parametrize(("old", "new"), FORBIDDEN)
def test_any_other_transition_raises_and_changes_nothing(old: State, new: State) -> None:
    told: list[State] = []
    machine = StateMachine(told.append, old)

    with pytest.raises(IllegalTransitionError, match=f"{old.value} -> {new.value}"):
        machine.to(new)
    assert machine.state is old
    assert told == []


def test_every_state_is_in_the_table() -> None:
    assert set(TRANSITIONS) == set(State)


def test_nothing_is_loaded_in_the_beginning() -> None:
    assert StateMachine(lambda state: None).state is State.UNINITIALIZED


@pytest.mark.parametrize("state", State)
def test_every_state_can_be_left_and_reached(state: State) -> None:
    assert TRANSITIONS[state]
    assert state in {new for old, news in TRANSITIONS.items() for new in news if old is not state}


@pytest.mark.parametrize("state", sorted(set(State) - {State.UNINITIALIZED}))
def test_a_reset_is_possible_from_everywhere(state: State) -> None:
    assert State.UNINITIALIZED in TRANSITIONS[state]


def test_the_engine_is_taken_only_when_a_model_is_there() -> None:
    assert {old for old, news in TRANSITIONS.items() if State.GENERATING in news} == {State.MODEL_READY, State.IDLE}

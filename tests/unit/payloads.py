"""What every payload of a message has in common."""

from __future__ import annotations

from dataclasses import is_dataclass
from types import ModuleType

import pytest


def payloads_of(module: ModuleType) -> list[type]:
    """Return the payloads that a module defines."""
    found = (kind for kind in vars(module).values() if isinstance(kind, type) and is_dataclass(kind))
    return [kind for kind in found if kind.__module__ == module.__name__]


def require_slots_and_names(kind: type) -> None:
    """Assert that a payload has slots and takes its fields by name only."""
    assert "__slots__" in vars(kind)
    with pytest.raises(TypeError):
        kind("by position")

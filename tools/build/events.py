"""The JavaScript constants, made from the one source: `tabagent.events`."""

from __future__ import annotations

import importlib.util
import json
from enum import StrEnum
from pathlib import Path
from types import ModuleType

from tools.environment import ToolError

HEADER = "// Made by `python3 -m tools.build` from py/tabagent/events.py: change that file, not this one.\n"


def javascript_constants(events_py: Path) -> str:
    """Return an ES module with one frozen object for each `StrEnum` that the Python file defines."""
    module = _load(events_py)
    enums = [
        value
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, StrEnum) and value.__module__ == module.__name__
    ]
    if not enums:
        raise ToolError(f"{events_py} defines no StrEnum: the panel would have no event names")
    return HEADER + "".join(_frozen_object(enum) for enum in enums)


def _frozen_object(enum: type[StrEnum]) -> str:
    members = "".join(f"  {name}: {json.dumps(member.value)},\n" for name, member in enum.__members__.items())
    summary = (enum.__doc__ or "").strip().splitlines()[0]
    return f"\n/** {summary} */\nexport const {enum.__name__} = Object.freeze({{\n{members}}});\n"


def _load(path: Path) -> ModuleType:
    """Import one file by its path, so that the package around it need not be importable here."""
    spec = importlib.util.spec_from_file_location("tabagent_events_for_javascript", path)
    if spec is None or spec.loader is None or not path.exists():
        raise ToolError(f"{path} is missing: the JavaScript constants are made from it")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module

"""`boot`: from starting the runtime's thread until Python takes messages.

Ours is measured in a page of the extension around `new Worker("runtime.js")`; it includes the database and everything
else that `tabagent.main.start` does. The peers run in a web page's worker with the same files, which the browser may
cache: Pyodide booted plainly with the same wheel and modules imported, and the mere import of the engine's JavaScript.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tools.bench.results import Report, Row, Series, Target
from tools.bench.rounds import take_turns
from tools.bench.session import Side, open_session
from tools.environment import ToolError

# What runtime.js brings in when it boots without a snapshot, and what it imports.
PLAIN_BOOT = {"script": "pyodide_worker.js", "packages": ["transformers-js-py"], "modules": ["tabagent.main"]}
BARE_IMPORT = {"script": "import_worker.js"}
TARGETS = {"plain-pyodide": Target("<=", 0.20), "bare-js-import": None}


def measure(extension: Path, rounds: int) -> Report:
    """Boot each side once to fill the browser's caches, then `rounds` times in turns."""
    with open_session(extension) as session:
        ours, plain = session.ours(), session.peer("plain-pyodide", "boot.html")
        bare = Side("bare-js-import", plain.page)
        taken = take_turns(
            {
                "ours": lambda number: _boot_ours(ours),
                "plain-pyodide": lambda number: plain.call("boot", PLAIN_BOOT)["ms"],
                "bare-js-import": lambda number: bare.call("boot", BARE_IMPORT)["ms"],
            },
            rounds,
        )
    return report(taken)


def report(taken: Mapping[str, Series]) -> Report:
    """Compare ours with each peer."""
    rows = [Row("runtime_ready_ms", "ms", taken["ours"], taken[peer], peer, target) for peer, target in TARGETS.items()]
    return Report("boot", rows)


def _boot_ours(ours: Side) -> float:
    booted = ours.call("boot")
    if not booted["snapshot"]:
        raise ToolError("ours booted without its memory snapshot: python3 -m tools.build makes a new one")
    return float(booted["ms"])

"""Entry of `python3 -m tools.run`; see `tools.run.arguments` for the options."""

from __future__ import annotations

import sys

from tools.environment import ensure_environment, run_tool
from tools.run.arguments import parse_arguments, require_display


def main() -> None:
    """Read the command line, make the environment, and run."""
    options = parse_arguments(sys.argv[1:])
    require_display(options)  # before anything is installed for a window that cannot open
    ensure_environment("run")
    from tools.run.session import run

    run(options)


if __name__ == "__main__":
    run_tool(main)

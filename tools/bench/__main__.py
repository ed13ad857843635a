"""Entry of `python3 -m tools.bench`."""

from __future__ import annotations

import sys

from tools.bench.arguments import BENCHMARKS, parse_arguments
from tools.environment import ensure_environment, run_tool


def main() -> None:
    """Run one benchmark, or list them."""
    options = parse_arguments(sys.argv[1:])
    if options.name is None:
        for name, meaning in BENCHMARKS.items():
            print(f"{name:10}{meaning}")
        return
    ensure_environment("test")
    from tools.bench.running import run

    run(options)


if __name__ == "__main__":
    run_tool(main)

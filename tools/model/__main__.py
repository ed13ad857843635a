"""`python3 -m tools.model [--destination DIR]`: make the default model available and print what it weighs."""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

from tools.environment import ToolError, ensure_environment, run_tool


def main() -> None:
    """Make the default model, copy it when asked to, and print the size of each file."""
    parser = argparse.ArgumentParser(prog="python3 -m tools.model", description=__doc__)
    parser.add_argument("--destination", type=Path, help="copy the model's folder here (must not exist)")
    arguments = parser.parse_args()
    ensure_environment("run")
    from tools.model import ensure_default_model

    folder = ensure_default_model()
    if arguments.destination:
        try:
            folder = Path(shutil.copytree(folder, arguments.destination))
        except OSError as error:
            raise ToolError(f"cannot copy the model to {arguments.destination} ({error.strerror or error})") from error
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        print(f"{path.stat().st_size / 1e6:9.2f} MB  {path.relative_to(folder).as_posix()}")
    print(folder)


if __name__ == "__main__":
    run_tool(main)

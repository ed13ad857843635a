"""The command line of the build."""

from __future__ import annotations

import argparse

from tools.environment import ensure_environment, run_tool


def main() -> None:
    """Build, and print what came out."""
    parser = argparse.ArgumentParser(prog="python3 -m tools.build", description="Build the extension into dist/.")
    parser.add_argument(
        "--zip", action="store_true", help="also write dist/tabagent-VERSION.zip, byte for byte reproducible"
    )
    parser.add_argument("--variant", choices=["release", "test"], default="release", help="test: with the tests' parts")
    options = parser.parse_args()
    if options.zip and options.variant == "test":
        parser.error("--zip is for the release variant")
    ensure_environment("run")

    from tools.build.extension import archive_extension, build_extension, sizes

    extension = build_extension(options.variant)
    print(extension)
    for part, size in sizes(extension):
        print(f"{size / 1e6:9.2f} MB  {part}")
    if options.zip:
        archive = archive_extension(extension)
        print(f"{archive.stat().st_size / 1e6:9.2f} MB  {archive}")


if __name__ == "__main__":
    run_tool(main)

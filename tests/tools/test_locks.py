"""The pins: what is asked for, what is locked, and what a lock must not hold."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest


@pytest.mark.parametrize("group", ["run", "test", "wheels"])
def test_every_pinned_package_is_locked_with_hashes_at_its_version(root: Path, group: str) -> None:
    groups = tomllib.loads((root / "pyproject.toml").read_text())["dependency-groups"]
    wanted = [line for line in groups[group] if isinstance(line, str)]
    lock = (root / "build" / "locks" / f"{group}.txt").read_text()

    assert wanted
    for requirement in wanted:
        assert re.search(rf"^{re.escape(requirement)} \\\n    --hash=sha256:", lock, re.MULTILINE), requirement


def test_the_test_group_holds_the_run_group(root: Path) -> None:
    locks = root / "build" / "locks"
    pins = [
        set(re.findall(r"^\S+==\S+", (locks / f"{group}.txt").read_text(), re.MULTILINE)) for group in ("run", "test")
    ]

    assert pins[0] < pins[1]


def test_node_packages_are_pinned_exactly_and_locked_with_integrity(root: Path) -> None:
    package = json.loads((root / "build" / "package.json").read_text())
    lock = json.loads((root / "build" / "package-lock.json").read_text())["packages"]

    for name, version in {**package["dependencies"], **package["devDependencies"]}.items():
        assert lock[f"node_modules/{name}"]["version"] == version
    for path, entry in lock.items():
        assert not path or entry["integrity"].startswith("sha512-"), path


def test_locks_name_no_registry(root: Path) -> None:
    for lock in [root / "build" / "package-lock.json", *(root / "build" / "locks").iterdir()]:
        text = lock.read_text()

        assert '"resolved"' not in text
        assert "index-url" not in text

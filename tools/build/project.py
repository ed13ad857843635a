"""Where a build reads and writes. Tests build small projects of their own in other places."""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass
from pathlib import Path

from tools.environment import CACHE, DIST, ROOT, ToolError


@dataclass(frozen=True)
class Project:
    """The folders of one build."""

    root: Path = ROOT
    dist: Path = DIST
    node_modules: Path = ROOT / "build" / "node_modules"
    cache: Path = CACHE / "build"
    """Results of steps, shared by all builds: what they were made from is in their names."""

    @property
    def extension(self) -> Path:
        """Hand-written browser files."""
        return self.root / "extension"

    @property
    def package(self) -> Path:
        """All Python that runs in the browser."""
        return self.root / "py" / "tabagent"

    @property
    def pyodide(self) -> Path:
        """The npm package of the Python that ships."""
        return self.node_modules / "pyodide"

    @property
    def npm_lock(self) -> Path:
        """Which npm packages the bundles are made of."""
        return self.root / "build" / "package-lock.json"

    @property
    def locks(self) -> Path:
        """Pinned versions with their hashes."""
        return self.root / "build" / "locks"

    @property
    def compiled_wheels(self) -> Path:
        """Wheels made with pyodide-build, put there by hand."""
        return self.root / "build" / "wheels"

    @property
    def huggingface_client_id(self) -> str:
        """The OAuth application that this build signs in with, from the environment; empty for none.

        Such an application belongs to whoever publishes the extension, and names the extension's id.
        """
        return os.environ.get("TABAGENT_HUGGINGFACE_CLIENT_ID", "")

    @property
    def google_client_id(self) -> str:
        """The OAuth client, of the type "Web application", that this build signs in at Google with; empty for none.

        From the environment as well; its redirect address names the extension's id.
        """
        return os.environ.get("TABAGENT_GOOGLE_CLIENT_ID", "")

    @property
    def version(self) -> str:
        """The version in pyproject.toml; `ToolError` when Chrome would not take it."""
        path = self.root / "pyproject.toml"
        try:
            version = tomllib.loads(path.read_text(encoding="utf-8"))["project"]["version"]
        except (OSError, KeyError, tomllib.TOMLDecodeError) as error:
            raise ToolError(
                f"{path} has no readable project.version ({error}): the manifest takes it from there"
            ) from error
        if not isinstance(version, str) or not 1 <= len(version.split(".")) <= 4 or not _all_numbers(version):
            raise ToolError(
                f"version {version!r} in {path}: Chrome wants one to four numbers with dots, each below 65536"
            )
        return version


def _all_numbers(version: str) -> bool:
    return all(part.isdecimal() and part.isascii() and int(part) < 65536 for part in version.split("."))

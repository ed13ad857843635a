"""THIRD_PARTY_NOTICES.txt: who made what is packaged, and under which terms."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from email.parser import Parser
from pathlib import Path

from tools.build.project import Project
from tools.environment import ToolError

HEADING = (
    "TabAgent packages the following third-party software. Each part stays under its own licence, given below.\n"
    "The sources of parts under the Mozilla Public License are at the addresses given with them.\n"
)
RULE = "=" * 100
# Packages that other packages carry inside their published bundles.
CARRIED = {"@huggingface/transformers": ["@huggingface/jinja", "@huggingface/tokenizers"]}
# Parts of npm packages that have terms of their own: {npm package: [(name, text in the package or build/licenses)]}.
PARTS = {
    "pyodide": [("CPython and its standard library (in Pyodide)", "python.txt")],
    "pdfjs-dist": [("Adobe's character maps (in pdf.js)", "cmaps/LICENSE")],
    "onnxruntime-web": [("Software included in ONNX Runtime", "onnxruntime-web-third-party.txt")],
}


@dataclass(frozen=True)
class Notice:
    """One packaged third party."""

    title: str
    source: str
    text: str


def notices(project: Project, npm_packages: Iterable[str], wheels: Iterable[Path]) -> str:
    """Return the whole file; `ToolError` when a packaged part has no licence text."""
    found: list[Notice] = []
    for package in sorted(_with_carried(npm_packages)):
        found.extend(_of_npm_package(project, package))
    found.extend(_of_wheel(wheel) for wheel in wheels)
    return HEADING + "".join(f"\n{RULE}\n{notice.title}\n{notice.source}\n\n{notice.text}\n" for notice in found)


def _with_carried(packages: Iterable[str]) -> set[str]:
    all_packages = set(packages)
    for package in list(all_packages):
        all_packages.update(CARRIED.get(package, []))
    return all_packages


def _of_npm_package(project: Project, package: str) -> Iterator[Notice]:
    folder = project.node_modules / package
    manifest = json.loads((folder / "package.json").read_text(encoding="utf-8"))
    own = project.root / "build" / "licenses"
    texts = [path for path in sorted(folder.iterdir()) if path.name.lower().startswith(("license", "licence"))]
    texts = texts or [own / f"{package.replace('/', '-')}.txt"]
    if not texts[0].exists():
        raise ToolError(f"npm package {package} carries no licence text: put it in {texts[0]}")
    title = f"{package} {manifest['version']} ({manifest.get('license', 'see below')})"
    yield Notice(title, _repository(manifest), "\n\n".join(_read(path) for path in texts))
    for name, file in PARTS.get(package, []):
        text = folder / file if (folder / file).exists() else own / file
        yield Notice(name, f"Packaged as a part of {package} {manifest['version']}", _read(text))


def _of_wheel(wheel: Path) -> Notice:
    with zipfile.ZipFile(wheel) as archive:
        names = sorted(archive.namelist())
        metadata = next((name for name in names if name.endswith(".dist-info/METADATA")), None)
        if metadata is None:
            raise ToolError(f"{wheel} is not a wheel: it has no METADATA")
        fields = Parser().parsestr(archive.read(metadata).decode())
        texts = [name for name in names if ".dist-info/" in name and "licen" in name.rpartition("/")[2].lower()]
        if not texts:
            raise ToolError(f"{wheel.name} carries no licence text: it cannot be packaged")
        text = "\n\n".join(archive.read(name).decode().strip() for name in texts)
    licence = fields.get("License-Expression") or fields.get("License") or "see below"
    source = next(
        (url for url in fields.get_all("Project-URL", []) if url), f"https://pypi.org/project/{fields['Name']}/"
    )
    return Notice(f"{fields['Name']} {fields['Version']} ({licence.splitlines()[0]})", source.split(", ")[-1], text)


def _repository(manifest: dict[str, object]) -> str:
    repository = manifest.get("repository", "")
    url = str(repository.get("url", "")) if isinstance(repository, dict) else str(repository)
    url = url.removeprefix("git+").removesuffix(".git").replace("git://", "https://")
    return url if url.startswith("http") else f"https://www.npmjs.com/package/{manifest['name']}"


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace").strip()

"""A project of a few files that the real build can build."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tools.build.project import Project
from tools.environment import CACHE, ensure_node_modules

MANIFEST = {
    "manifest_version": 3,
    "name": "Sample",
    "version": "0.0.0",
    "minimum_chrome_version": "137",
    "background": {"service_worker": "service_worker.js", "type": "module"},
    "side_panel": {"default_path": "sidepanel/index.html"},
    "icons": {"16": "icons/16.png"},
    "content_security_policy": {"extension_pages": "script-src 'self' 'wasm-unsafe-eval'; object-src 'self'"},
}
FILES = {
    "pyproject.toml": '[project]\nname = "sample"\nversion = "3.2.1"\n',
    "extension/manifest.json": json.dumps(MANIFEST),
    "extension/service_worker.js": 'import { SampleNames } from "./events.js";\nconsole.log(SampleNames.HELLO);\n',
    "extension/icons/16.png": "a picture",
    "extension/sidepanel/index.html": '<link rel="stylesheet" href="main.css">'
    '<script type="module" src="main.js"></script>',
    "extension/sidepanel/main.js": 'import { html } from "lit";\nimport { SampleNames } from "../events.js";\n'
    "console.log(html, SampleNames.HELLO);\n",
    "extension/locales/en/words.json": '{"words_hello": "hello"}\n',
    "extension/page/read.js": "export const read = () => document.title;\n",
    "extension/sidepanel/main.css": "body { color: canvastext; }\n",
    "py/tabagent/__init__.py": "",
    "py/tabagent/events.py": "from enum import StrEnum\n\n\n"
    'class SampleNames(StrEnum):\n    """Names."""\n\n    HELLO = "hello"\n',
    "py/tabagent/main.py": "import json\n\n\ndef fail():\n    raise ValueError(json.dumps({}))\n",
    "py/tabagent/adapters/memory/store.py": "import pytest  # not there in the browser\n",
    "tests/contracts/__init__.py": "",
    "tests/contracts/cases.py": "CASES = []\n",
    "tests/browser/pages/probe.html": "<p>A page for tests.</p>",
}


@pytest.fixture(scope="session", autouse=True)
def node_modules() -> Path:
    return ensure_node_modules()


@pytest.fixture
def sample(tmp_path: Path, root: Path) -> Project:
    """A fresh copy of the sample project; results of steps are shared among the tests."""
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    build = tmp_path / "build"
    for folder in ("locks", "licenses", "wheels"):
        shutil.copytree(root / "build" / folder, build / folder)
    for file in ("hash-wasm.js", "onnxruntime.js", "onnxruntime-module.js", "package-lock.json"):
        shutil.copyfile(root / "build" / file, build / file)
    # What the restored Python needs of the extension itself.
    shutil.copyfile(root / "extension" / "python_snapshot.js", tmp_path / "extension" / "python_snapshot.js")
    return Project(root=tmp_path, dist=tmp_path / "dist", cache=CACHE / "build-of-tests")

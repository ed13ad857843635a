"""An extension without a background: what its pages need beside their own files."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from tools.build.locales import chrome_messages
from tools.build.project import Project


def complete(folder: Path, project: Project) -> Path:
    """Give a folder with pages the icons, texts and manifest of the extension, and no background; return it."""
    shutil.copytree(project.extension / "icons", folder / "icons")
    for name, messages in chrome_messages(project.extension / "locales").items():
        (folder / name).parent.mkdir(parents=True)
        (folder / name).write_text(messages, encoding="utf-8")
    manifest = json.loads((project.extension / "manifest.json").read_text(encoding="utf-8"))
    del manifest["background"]
    (folder / "manifest.json").write_text(json.dumps(manifest | {"version": project.version}), encoding="utf-8")
    return folder

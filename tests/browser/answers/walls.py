"""The panel with and without the two walls that stand between an answer and the page.

What an answer is made of goes through the renderer, which lets no HTML through, and then through the sanitizer. Each
must hold alone; without both the attacks must be seen to succeed, or the tests would notice nothing.
"""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

from tools.build.bundle import SHARED, bundle_panel
from tools.build.events import javascript_constants
from tools.build.project import Project

Change = tuple[str, str, str]

NO_RENDERER: tuple[Change, ...] = (
    ("markdown.js", "return HARMLESS_TAG.test(text.trim()) ? text : escaped(text);", "return text;"),
    ("markdown.js", "(character) => `&#${character.charCodeAt(0)};`", "(character) => character"),
    ("markdown.js", "(found) => `&#${found.charCodeAt(0)};`", "(found) => found"),
    ("markdown.js", "if (insideLink || !isSafeAddress(href)) return words;", ""),
    ("markdown.js", "if (insideLink || !isSafeAddress(href)) return this", "if (insideLink) return this"),
)
NO_SANITIZER: tuple[Change, ...] = (
    (
        "sanitizing.js",
        "return /** @type {DocumentFragment | null} */ (purify.sanitize(html, SANITIZING)) ?? new DocumentFragment();",
        'const made = document.createElement("template");\n  made.innerHTML = html;\n  return made.content;',
    ),
)
NO_LOOK_AT_LINKS: tuple[Change, ...] = (("markdown.js", "decorateLinks(fragment);", ""),)
PANELS: dict[str, tuple[Change, ...]] = {
    "sidepanel": (),
    "sanitizer-alone": NO_RENDERER + NO_LOOK_AT_LINKS,
    "renderer-alone": NO_SANITIZER,
    "no-walls": NO_RENDERER + NO_SANITIZER + NO_LOOK_AT_LINKS,
}


def bundle_panels(extension: Path, work: Path) -> None:
    """Write the panel in all its variants into an extension's folder.

    Args:
        extension: the folder; each variant gets one of its own in it.
        work: where altered sources may lie.
    """
    project = Project()
    for name, changes in PANELS.items():
        altered = _altered(project, work / name, changes) if changes else project
        bundle = bundle_panel(altered, javascript_constants(project.package / "events.py"))
        shutil.copytree(bundle, extension / name)
        shutil.copy(project.extension / "sidepanel" / "index.html", extension / name)


def _altered(project: Project, root: Path, changes: tuple[Change, ...]) -> Project:
    for folder in ("sidepanel", "locales"):
        shutil.copytree(project.extension / folder, root / "extension" / folder)
    for name in SHARED:
        shutil.copy(project.extension / name, root / "extension" / name)
    (root / "build").symlink_to(project.root / "build")
    for file, old, new in changes:
        path = root / "extension" / "sidepanel" / file
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{file} has {text.count(old)} times: {old}"
        path.write_text(text.replace(old, new), encoding="utf-8")
    return replace(project, root=root)

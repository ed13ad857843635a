"""The build: from the sources and the pinned packages to a folder that Chrome loads unpacked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal

from tools.build import bundle, notices, runtime, vendor, wheels
from tools.build.archive import write_archive
from tools.build.cache import files_under, made_once, mirror
from tools.build.checks import check_package
from tools.build.events import javascript_constants
from tools.build.locales import chrome_messages
from tools.build.project import Project
from tools.build.pyodide import release_of
from tools.environment import ToolError, ensure_node_modules, exclusive

Variant = Literal["release", "test"]
FOLDERS: dict[Variant, str] = {"release": "extension", "test": "extension-test"}
# Packages whose files are vendored, not bundled.
VENDORED_PACKAGES = ["pyodide", "onnxruntime-web", "pdfjs-dist"]
# Parts whose sizes are reported, in this order; a path belongs to the first that it starts with.
PARTS = [
    "vendor/pyodide/",
    "vendor/transformers/",
    "vendor/pdfjs/",
    "python/python.snapshot",
    "python/",
    "sidepanel/",
    "",
]


def build_extension(variant: Variant = "release", project: Project | None = None) -> Path:
    """Build and return dist/extension (release) or dist/extension-test (test).

    The test variant has no memory snapshot, so that its background boots plainly, and carries the contract cases and
    the pages of tests/browser. A build without changes takes a second or two.

    Raises:
        ToolError: Something needed is missing, or the package would hold something that it must not.
    """
    project = project or Project()
    ensure_node_modules()
    with exclusive("build"):
        tree = _assemble(project, variant)
        check_package(tree)
        destination = project.dist / FOLDERS[variant]
        try:
            mirror(tree, destination)
        except OSError as error:
            raise ToolError(f"cannot write {error.filename or destination}: {error.strerror}") from error
    return destination


def archive_extension(extension: Path, project: Project | None = None) -> Path:
    """Return dist/tabagent-VERSION.zip of a built extension; equal builds give equal bytes."""
    project = project or Project()
    destination = project.dist / f"tabagent-{project.version}.zip"
    write_archive(destination, {path.relative_to(extension).as_posix(): path for path in files_under(extension)})
    return destination


def sizes(extension: Path) -> list[tuple[str, int]]:
    """Return (part, bytes) of a built extension, the whole last."""
    totals = dict.fromkeys(PARTS, 0)
    for path in files_under(extension):
        name = path.relative_to(extension).as_posix()
        totals[next(part for part in PARTS if name.startswith(part))] += path.stat().st_size
    named = [(part or "everything else", size) for part, size in totals.items() if size]
    return [*named, ("the extension", sum(totals.values()))]


def _assemble(project: Project, variant: Variant) -> dict[str, Path]:
    """Make every part and return the tree of the package."""
    release = release_of(project.pyodide)
    all_wheels = wheels.collect_wheels(project, release)
    shipped = [wheel for wheel in all_wheels if not wheels.is_resolver(wheel)]
    events_js = javascript_constants(project.package / "events.py")
    transformers = bundle.bundle_transformers(project)
    hash_wasm = bundle.bundle_hash_wasm(project)
    panel = bundle.bundle_panel(project, events_js)
    page = bundle.bundle_page_script(project)
    runtime_zip = runtime.make_archive(project)

    tree = _hand_written(project)
    tree |= vendor.vendored_files(project)
    tree |= {f"vendor/pyodide/{wheel.name}": wheel for wheel in shipped}
    tree["vendor/pyodide/pyodide-lock.json"] = wheels.freeze(project, all_wheels)
    tree["vendor/transformers/transformers.js"] = transformers / "transformers.js"
    tree["vendor/transformers/onnxruntime-module.js"] = project.root / "build" / "onnxruntime-module.js"
    tree["vendor/hash-wasm/hash-wasm.js"] = hash_wasm / "hash-wasm.js"
    tree["page/read.js"] = page / "read.js"
    tree |= {f"sidepanel/{path.name}": path for path in panel.iterdir() if path.name != bundle.PACKAGES}
    tree["python/runtime.zip"] = runtime_zip
    if variant == "release":
        snapshot = runtime.make_snapshot(project, runtime_zip, shipped, release)
        tree |= {f"python/{path.name}": path for path in sorted(snapshot.iterdir())}
    else:
        tree |= _for_tests(project)
    bundled = (name for made in (transformers, hash_wasm, panel, page) for name in bundle.packages_in(made))
    packages = [*VENDORED_PACKAGES, *bundled]
    texts = {
        "events.js": events_js,
        "manifest.json": _manifest(project),
        "settings.json": _settings(project),
        "THIRD_PARTY_NOTICES.txt": notices.notices(project, packages, shipped),
    } | chrome_messages(project.extension / "locales")
    return tree | _written(project, texts)


def _hand_written(project: Project) -> dict[str, Path]:
    """Return the files that are packaged as they lie in extension/; the panel's own, and its texts, are made."""
    tree = {path.relative_to(project.extension).as_posix(): path for path in files_under(project.extension)}
    return {name: path for name, path in tree.items() if not _is_bundled(name)}


def _is_bundled(name: str) -> bool:
    return (
        name.startswith("locales/")
        or name == "page/read.js"
        or (name.startswith("sidepanel/") and name.endswith((".js", ".css", ".ts")))
    )


def _manifest(project: Project) -> str:
    """Return manifest.json with the project's version."""
    path = project.extension / "manifest.json"
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ToolError(f"{path} cannot be read: {error}") from error
    return json.dumps(manifest | {"version": project.version}, indent=2, ensure_ascii=False) + "\n"


def _settings(project: Project) -> str:
    """Return what the background is told of its build."""
    settings = {
        "version": project.version,
        "huggingFaceClientId": project.huggingface_client_id,
        "googleClientId": project.google_client_id,
    }
    return json.dumps(settings, indent=2) + "\n"


def _for_tests(project: Project) -> dict[str, Path]:
    """Return what the test variant has in addition: python/tests.zip and the pages of tests/browser/pages."""
    tests = project.root / "tests"
    modules = [tests / "__init__.py", tests / "browser" / "__init__.py"]
    for folder in (tests / "contracts", tests / "browser" / "inside"):
        modules += [path for path in files_under(folder) if path.suffix == ".py"]
    sources = {path.relative_to(project.root).as_posix(): path for path in modules if path.exists()}
    pages = tests / "browser" / "pages"
    tree = {f"tests/{path.relative_to(pages).as_posix()}": path for path in files_under(pages)}
    if sources:
        tree["python/tests.zip"] = runtime.archive_of(project, sources, "tests.zip")
    return tree


def _written(project: Project, texts: dict[str, str]) -> dict[str, Path]:
    """Return files with these contents, the same file for the same contents."""

    def make(folder: Path) -> None:
        for name, text in texts.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8")

    folder = made_once(project.cache, "texts", [json.dumps(texts, sort_keys=True)], make)
    return {name: folder / name for name in texts}

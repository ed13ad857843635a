"""JavaScript that is bundled: transformers.js with its ONNX Runtime, hash-wasm, the page script, the side panel."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from tools.build.cache import made_once
from tools.build.locales import bundled_texts
from tools.build.project import Project
from tools.environment import ToolError, require_node, run_command

BUNDLER = Path(__file__).parent / "bundle.mjs"
# esbuild's output folder holds the names of the packages that went in, for the notices.
PACKAGES = "packages.json"
PANEL_ENTRIES = ("main.js", "main.css")
# Runs before anything is drawn: no module, so that it may share no chunk with the rest.
FIRST_PAINT = "first_paint.js"
# Modules of the background that the panel imports as well.
SHARED = ("report_errors.js",)
# The default that transformers.js falls back to when nobody has set the paths. build/onnxruntime.js sets them, so this
# never applies; a package that names a content delivery network all the same would be hard to trust.
CDN_DEFAULT = "https://cdn.jsdelivr.net/npm/onnxruntime-web@${ONNX_ENV.versions.web}/dist/"


@dataclass(frozen=True)
class Bundle:
    """What one bundle is made of; the fields are described in bundle.mjs."""

    root: str
    nodeModules: str  # noqa: N815 - the JavaScript side reads it
    entries: Sequence[str]
    outdir: str
    aliases: Mapping[str, str] = field(default_factory=dict)
    conditions: Sequence[str] = ()
    replacements: Sequence[Mapping[str, str]] = ()
    splitting: bool = False
    globalName: str = ""  # noqa: N815
    footer: str = ""


def bundle_transformers(project: Project) -> Path:
    """Return a folder with transformers.js, whose ONNX Runtime is the JSPI build (see docs/architecture.md)."""
    runtime = project.root / "build" / "onnxruntime.js"
    entry = project.node_modules / "@huggingface/transformers/dist/transformers.web.js"

    def make(folder: Path) -> None:
        bundle = Bundle(
            root=str(project.node_modules.parent),
            nodeModules=str(project.node_modules),
            entries=[str(entry)],
            outdir=str(folder),
            # "onnxruntime-common" is aliased too: a second copy would bring a second Tensor class.
            aliases={"onnxruntime-web/webgpu": str(runtime), "onnxruntime-common": str(runtime)},
            # ONNX Runtime without its WebAssembly glue inside: threads load that file alone.
            conditions=["onnxruntime-web-use-extern-wasm"],
            replacements=[{"file": "dist/transformers.web.js", "from": CDN_DEFAULT, "to": "./"}],
        )
        _run(bundle, folder)
        (folder / "transformers.web.js").rename(folder / "transformers.js")

    return made_once(project.cache, "transformers", [runtime, project.npm_lock, entry], make)


def bundle_hash_wasm(project: Project) -> Path:
    """Return a folder with hash-wasm.js, the digests that build/hash-wasm.js names."""
    entry = project.root / "build" / "hash-wasm.js"

    def make(folder: Path) -> None:
        bundle = Bundle(
            root=str(project.root),
            nodeModules=str(project.node_modules),
            entries=[str(entry)],
            outdir=str(folder),
        )
        _run(bundle, folder)

    return made_once(project.cache, "hash-wasm", [project.npm_lock, entry], make)


def bundle_panel(project: Project, events_js: str) -> Path:
    """Return a folder with the side panel's scripts, main.css, and the chunks that main.js loads when it needs them.

    Args:
        project: Where the sources are.
        events_js: The constants, which the panel imports as "../events.js"; its texts are "../locales/en.json".
    """
    sources = project.extension / "sidepanel"
    texts = bundled_texts(project.extension / "locales")
    shared = [path for name in SHARED if (path := project.extension / name).exists()]
    if not (sources / "main.js").exists():
        raise ToolError(f"{sources / 'main.js'} is missing: it is the side panel's first module")

    def make(folder: Path) -> None:
        with tempfile.TemporaryDirectory() as name:
            staging = Path(name).resolve()
            (staging / "events.js").write_text(events_js, encoding="utf-8")
            _copy(sources, staging / "sidepanel")
            (staging / "locales").mkdir()
            (staging / "locales" / "en.json").write_text(texts, encoding="utf-8")
            for module in shared:
                shutil.copy(module, staging)
            bundle = Bundle(
                root=str(staging),
                nodeModules=str(project.node_modules),
                entries=[],
                outdir=str(folder),
            )
            # The last one tells which packages went in; the first has none.
            for names, splitting in (((FIRST_PAINT,), False), (PANEL_ENTRIES, True)):
                entries = [str(staging / "sidepanel" / entry) for entry in names if (sources / entry).exists()]
                if entries:
                    _run(replace(bundle, entries=entries, splitting=splitting), folder)

    return made_once(project.cache, "panel", [project.npm_lock, events_js, sources, texts, *shared], make)


def bundle_page_script(project: Project) -> Path:
    """Return a folder with read.js, which is put into pages; the value of its last expression is what it found."""
    entry = project.extension / "page" / "read.js"

    def make(folder: Path) -> None:
        bundle = Bundle(
            root=str(project.root),
            nodeModules=str(project.node_modules),
            entries=[str(entry)],
            outdir=str(folder),
            globalName="tabagentPage",
            footer="tabagentPage.read();",
        )
        _run(bundle, folder)

    return made_once(project.cache, "page", [project.npm_lock, entry.parent, BUNDLER], make)


def packages_in(bundle: Path) -> list[str]:
    """Return the npm packages that a bundle folder was made of."""
    names: list[str] = json.loads((bundle / PACKAGES).read_text(encoding="utf-8"))
    return names


def _run(bundle: Bundle, folder: Path) -> None:
    with tempfile.TemporaryDirectory() as name:
        job = Path(name, "job.json")
        job.write_text(json.dumps(asdict(bundle)), encoding="utf-8")
        packages = run_command([require_node(), BUNDLER, job], cwd=folder, failure="esbuild could not bundle")
    (folder / PACKAGES).write_text(packages, encoding="utf-8")


def _copy(source: Path, destination: Path) -> None:
    destination.mkdir()
    for path in source.iterdir():
        if path.is_dir():
            _copy(path, destination / path.name)
        else:
            (destination / path.name).write_bytes(path.read_bytes())

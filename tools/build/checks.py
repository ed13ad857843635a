"""What the build refuses to package. Each check raises `ToolError` with one line that says what to change.

A package in the making is a tree: {path in the extension, with slashes: file that goes there}.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath
from typing import Any

from tools.build.pages import Page, read_page
from tools.environment import ToolError, file_hash

Tree = Mapping[str, Path]

# The only policy that Manifest V3 allows and Pyodide needs; every directive may be narrower, none wider.
WIDEST_POLICY = {
    "default-src": {"'self'", "'none'", "'wasm-unsafe-eval'"},
    "script-src": {"'self'", "'none'", "'wasm-unsafe-eval'"},
    "worker-src": {"'self'", "'none'"},
    "object-src": {"'self'", "'none'"},
}
# The packaged ONNX Runtime suspends WebAssembly on promises (JSPI), on by default from this version.
OLDEST_CHROME = 137

REMOTE = r"[\"'`](?:https?:)?//"
REMOTE_CODE = {
    "import()": re.compile(rf"\bimport\s*\(\s*(?:/\*.*?\*/\s*)*{REMOTE}"),
    "import": re.compile(rf"\b(?:import|from)\s*{REMOTE}"),
    "importScripts()": re.compile(rf"\bimportScripts\s*\(\s*{REMOTE}"),
    "Worker": re.compile(rf"\bnew\s+(?:Shared)?Worker\s*\(\s*(?:new\s+URL\s*\(\s*)?{REMOTE}"),
    "CSS @import": re.compile(r"@import\s+(?:url\(\s*)?[\"']?(?:https?:)?//"),
}
# Hosts that serve code. Their addresses have no place in the package, not even as defaults that never apply.
CODE_HOST = re.compile(
    r"//(?:cdn\.jsdelivr\.net|unpkg\.com|esm\.(?:sh|run)|cdnjs\.cloudflare\.com|cdn\.skypack\.dev|ga\.jspm\.io)\b"
)
TEXT_FILES = (".js", ".mjs", ".css", ".html", ".json")
# How hand-written modules name files of the package.
REFERENCES = (
    re.compile(r"\b(?:from|import)\s*\(?\s*[\"'](\.{1,2}/[^\"']+)[\"']"),
    re.compile(r"\bnew\s+URL\(\s*[\"'](\.{1,2}/[^\"']+)[\"']\s*,\s*import\.meta\.url"),
)
ROOTED_REFERENCE = re.compile(r"\bgetURL\(\s*[\"']([^\"']+)[\"']")
# Bundles and vendored files are checked by what made them.
NOT_HAND_WRITTEN = ("vendor/", "sidepanel/", "page/read.js")


def check_package(tree: Tree) -> None:
    """Run every check; the tree must hold manifest.json."""
    manifest = json.loads(_text(tree["manifest.json"]))
    require_narrow_policy(manifest)
    require_recent_chrome(manifest)
    require_no_remote_code(tree)
    require_references(tree, manifest)
    require_fresh_snapshot(tree)


def require_narrow_policy(manifest: Mapping[str, Any]) -> None:
    """Refuse a content security policy wider than `script-src 'self' 'wasm-unsafe-eval'; object-src 'self'`."""
    policies = manifest.get("content_security_policy", {})
    if not isinstance(policies, dict) or set(policies) - {"extension_pages"}:
        raise ToolError("manifest.json: content_security_policy may have the key extension_pages only")
    policy = str(policies.get("extension_pages", ""))
    directives: dict[str, list[str]] = {}
    for directive in filter(None, (part.split() for part in policy.split(";"))):
        directives.setdefault(directive[0].lower(), directive[1:])
    for name, sources in directives.items():
        allowed = WIDEST_POLICY.get(name.removesuffix("-elem").removesuffix("-attr"))
        wider = [source for source in sources if allowed is not None and source not in allowed]
        wider += [source for source in sources if source == "'unsafe-eval'" and source not in wider]
        if wider:
            raise ToolError(
                f"manifest.json: the content security policy allows {name} {wider[0]}, wider than "
                "script-src 'self' 'wasm-unsafe-eval'; object-src 'self': remove it"
            )


def require_recent_chrome(manifest: Mapping[str, Any]) -> None:
    """Refuse a manifest that lets a Chrome install the extension in which its ONNX Runtime cannot start."""
    version = str(manifest.get("minimum_chrome_version", "0"))
    if int(version.partition(".")[0]) < OLDEST_CHROME:
        raise ToolError(f"manifest.json: minimum_chrome_version is {version}, but the package needs {OLDEST_CHROME}")


def require_no_remote_code(tree: Tree) -> None:
    """Refuse code that would come from elsewhere, or that the policy would not let run."""
    for name, path in tree.items():
        if not name.endswith(TEXT_FILES):
            continue
        text = _text(path)
        for what, pattern in REMOTE_CODE.items():
            if found := pattern.search(text):
                raise ToolError(f"{name} takes code from elsewhere with {what}: {_excerpt(text, found)}: package it")
        if found := CODE_HOST.search(text):
            raise ToolError(f"{name} names a host of code: {_excerpt(text, found)}: take that address out")
        if name.endswith(".html"):
            _require_packaged_scripts(name, read_page(text))


def require_references(tree: Tree, manifest: Mapping[str, Any]) -> None:
    """Refuse a package that lacks a file which its manifest, a page or a hand-written module names."""
    for name in _named_in_manifest(manifest):
        _require_file(tree, "manifest.json", name.lstrip("/"))
    for page, path in tree.items():
        if page.endswith(".html"):
            for reference in read_page(_text(path)).references:
                _require_file(tree, page, _resolve(page, reference))
        elif page.endswith(".js") and not page.startswith(NOT_HAND_WRITTEN):
            text = _text(path)
            for pattern in REFERENCES:
                for found in pattern.finditer(text):
                    _require_file(tree, page, _resolve(page, found[1]))
            for found in ROOTED_REFERENCE.finditer(text):
                _require_file(tree, page, found[1].lstrip("/"))


def require_fresh_snapshot(tree: Tree) -> None:
    """Refuse a memory snapshot made with another Pyodide or other modules than the packaged ones."""
    if "python/python.snapshot" not in tree:
        return
    described = json.loads(_text(tree["python/snapshot.json"]))
    for field, name in (
        ("asmWasmSha256", "vendor/pyodide/pyodide.asm.wasm"),
        ("runtimeSha256", "python/runtime.zip"),
        ("snapshotSha256", "python/python.snapshot"),
    ):
        if described.get(field) != file_hash(tree[name]):
            raise ToolError(
                f"python/snapshot.json does not belong to the packaged {name}: "
                "the memory snapshot is stale, remove .cache/build and build again"
            )


def _require_packaged_scripts(name: str, page: Page) -> None:
    if page.remote:
        raise ToolError(f"{name} takes {page.remote[0]} from elsewhere: package it")
    if page.inline:
        raise ToolError(f"{name} has {page.inline[0]}, which the content security policy blocks: move it to a file")


def _named_in_manifest(manifest: Mapping[str, Any]) -> Iterator[str]:
    """Yield every packaged file (or pattern) that the manifest names."""
    for section, key in (
        ("background", "service_worker"),
        ("side_panel", "default_path"),
        ("action", "default_popup"),
        ("options_ui", "page"),
    ):
        if name := manifest.get(section, {}).get(key):
            yield name
    yield from (manifest[key] for key in ("options_page", "devtools_page") if key in manifest)
    for icons in (manifest.get("icons", {}), manifest.get("action", {}).get("default_icon", {})):
        yield from [icons] if isinstance(icons, str) else icons.values()
    yield from manifest.get("chrome_url_overrides", {}).values()
    for script in manifest.get("content_scripts", []):
        yield from [*script.get("js", []), *script.get("css", [])]
    for resource in manifest.get("web_accessible_resources", []):
        yield from resource.get("resources", [])


def _require_file(tree: Tree, where: str, name: str) -> None:
    there = name in tree or any(fnmatch(candidate, name) for candidate in tree if "*" in name)
    if not there and not (name.endswith("/") and any(candidate.startswith(name) for candidate in tree)):
        raise ToolError(f"{where} names {name}, which is not in the package: add the file or correct the name")


def _resolve(page: str, reference: str) -> str:
    """Return the path in the package that a reference in `page` means."""
    if reference.startswith("/"):
        return reference.lstrip("/")
    parts: list[str] = []
    for part in (PurePosixPath(page).parent / reference).parts:
        if part == ".." and parts:
            parts.pop()
        else:
            parts.append(part)
    return "/".join(parts) + ("/" if reference.endswith("/") else "")


def _excerpt(text: str, found: re.Match[str]) -> str:
    return repr(text[max(0, found.start() - 20) : found.end() + 40])


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")

"""What the build refuses to package."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tools.build.cache import write_json
from tools.build.checks import (
    Tree,
    check_package,
    require_fresh_snapshot,
    require_narrow_policy,
    require_no_remote_code,
    require_recent_chrome,
    require_references,
)
from tools.environment import ToolError, file_hash


def tree_of(folder: Path, **texts: str) -> Tree:
    """A package in the making; `__` in a name stands for a slash and `_dot_` for a dot."""
    tree = {}
    for name, text in texts.items():
        inside = name.replace("_dot_", ".").replace("__", "/")
        path = folder / inside.replace("/", "-")
        path.write_text(text, encoding="utf-8")
        tree[inside] = path
    return tree


@pytest.mark.parametrize(
    "code",
    [
        'const engine = await import("https://example.org/engine.js");',
        "import(/* webpackIgnore: true */ `//example.org/engine.js`);",
        'import"https://example.org/engine.js";',
        'export * from "http://example.org/engine.js";',
        "importScripts('https://example.org/engine.js');",
        'new Worker(new URL("https://example.org/worker.js"));',
        'const base = "https://cdn.jsdelivr.net/npm/engine/";',
    ],
)
def test_refuses_a_module_that_takes_code_from_elsewhere(tmp_path: Path, code: str) -> None:
    with pytest.raises(ToolError, match=r"panel\.js"):
        require_no_remote_code(tree_of(tmp_path, panel_dot_js=code))


@pytest.mark.parametrize(
    ("page", "complaint"),
    [
        ('<script src="https://example.org/a.js"></script>', "from elsewhere"),
        ('<script src="//example.org/a.js"></script>', "from elsewhere"),
        ('<link rel="stylesheet" href="https://example.org/a.css">', "from elsewhere"),
        ("<script>start()</script>", "inline script"),
        ('<button onclick="start()">', "onclick"),
    ],
)
def test_refuses_a_page_whose_code_is_remote_or_inline(tmp_path: Path, page: str, complaint: str) -> None:
    with pytest.raises(ToolError, match=complaint):
        require_no_remote_code(tree_of(tmp_path, index_dot_html=page))


def test_accepts_addresses_that_are_only_data(tmp_path: Path) -> None:
    code = 'const hub = "https://huggingface.co/api"; await fetch(hub); await import("./engine.js");'
    page = '<a href="https://example.org/help">Help</a><script type="module" src="panel.js"></script>'

    require_no_remote_code(tree_of(tmp_path, panel_dot_js=code, index_dot_html=page))


@pytest.mark.parametrize(
    "policy",
    [
        "script-src 'self' 'wasm-unsafe-eval' 'unsafe-eval'; object-src 'self'",
        "script-src 'self' https://cdn.example.org; object-src 'self'",
        "script-src-elem 'self' http://localhost:8000",
        "script-src 'self'; object-src *",
        "script-src 'self'; worker-src blob:",
        "style-src 'unsafe-eval'",
    ],
)
def test_refuses_a_policy_wider_than_needed(policy: str) -> None:
    with pytest.raises(ToolError, match="wider than"):
        require_narrow_policy({"content_security_policy": {"extension_pages": policy}})


def test_refuses_a_policy_for_sandboxed_pages() -> None:
    with pytest.raises(ToolError, match="extension_pages only"):
        require_narrow_policy({"content_security_policy": {"sandbox": "script-src *"}})


@pytest.mark.parametrize(
    "policy",
    [
        "script-src 'self' 'wasm-unsafe-eval'; object-src 'self'",
        "script-src 'self'; object-src 'none'; img-src https:",
        "",
    ],
)
def test_accepts_the_needed_policy_and_narrower_ones(policy: str) -> None:
    require_narrow_policy({"content_security_policy": {"extension_pages": policy}})


@pytest.mark.parametrize("manifest", [{}, {"minimum_chrome_version": "136.0.1"}])
def test_refuses_a_manifest_for_a_chrome_without_promise_integration(manifest: dict[str, Any]) -> None:
    with pytest.raises(ToolError, match="137"):
        require_recent_chrome(manifest)


@pytest.mark.parametrize(
    ("manifest", "missing"),
    [
        ({"background": {"service_worker": "sw.js"}}, "sw.js"),
        ({"side_panel": {"default_path": "panel/index.html"}}, "panel/index.html"),
        ({"icons": {"16": "/icons/16.png"}}, "icons/16.png"),
        ({"action": {"default_icon": {"32": "icons/32.png"}}}, "icons/32.png"),
        ({"content_scripts": [{"js": ["content.js"]}]}, "content.js"),
        ({"web_accessible_resources": [{"resources": ["media/*"]}]}, "media"),
    ],
)
def test_refuses_a_manifest_that_names_a_missing_file(tmp_path: Path, manifest: dict[str, Any], missing: str) -> None:
    with pytest.raises(ToolError, match=f"manifest.json names {missing}"):
        require_references(tree_of(tmp_path, other_dot_js=""), manifest)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("panel__index_dot_html", '<script src="../gone.js?v=1"></script>'),
        ("start_dot_js", 'import { a } from "./gone.js";'),
        ("start_dot_js", 'await import("./gone.js");'),
        ("start_dot_js", 'new Worker(new URL("./gone.js", import.meta.url), { type: "module" });'),
        ("start_dot_js", 'chrome.runtime.getURL("gone.js");'),
    ],
)
def test_refuses_a_page_or_module_that_names_a_missing_file(tmp_path: Path, name: str, text: str) -> None:
    with pytest.raises(ToolError, match=r"names gone\.js"):
        require_references(tree_of(tmp_path, **{name: text}), {})


def test_accepts_references_that_lead_to_packaged_files(tmp_path: Path) -> None:
    tree = tree_of(
        tmp_path,
        panel__index_dot_html='<script src="main.js"></script><a href="#top"></a><img src="data:,">',
        panel__main_dot_js='import "./generated.js";',
        start_dot_js='import "./panel/main.js"; chrome.runtime.getURL("panel/"); new URL("./panel/", import.meta.url);',
        panel__generated_dot_js="",
    )

    require_references(tree, {"web_accessible_resources": [{"resources": ["panel/*.js"]}]})


@pytest.mark.parametrize("stale", ["vendor/pyodide/pyodide.asm.wasm", "python/runtime.zip", "python/python.snapshot"])
def test_refuses_a_snapshot_of_other_parts_than_the_packaged_ones(tmp_path: Path, stale: str) -> None:
    tree = dict(
        tree_of(
            tmp_path,
            vendor__pyodide__pyodide_dot_asm_dot_wasm="interpreter",
            python__runtime_dot_zip="modules",
            python__python_dot_snapshot="memory",
            python__snapshot_dot_json="",
        )
    )
    names = ["vendor/pyodide/pyodide.asm.wasm", "python/runtime.zip", "python/python.snapshot"]
    fields = ["asmWasmSha256", "runtimeSha256", "snapshotSha256"]
    write_json(
        tree["python/snapshot.json"],
        {field: file_hash(tree[name]) for field, name in zip(fields, names, strict=True)},
    )
    require_fresh_snapshot(tree)

    tree[stale].write_text("something newer")

    with pytest.raises(ToolError, match=f"does not belong to the packaged {stale}"):
        require_fresh_snapshot(tree)


def test_the_manifest_in_the_tree_is_what_is_checked(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match="minimum_chrome_version"):
        check_package(tree_of(tmp_path, manifest_dot_json="{}"))

"""The whole build, on the sample project."""

from __future__ import annotations

import json
import shutil
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from tools.build.extension import archive_extension, build_extension, sizes
from tools.build.project import Project
from tools.environment import ToolError, file_hash


def test_the_package_holds_every_part(sample: Project) -> None:
    extension = build_extension(project=sample)

    names = {path.relative_to(extension).as_posix() for path in extension.rglob("*") if path.is_file()}
    assert names >= {
        "manifest.json",
        "events.js",
        "service_worker.js",
        "icons/16.png",
        "THIRD_PARTY_NOTICES.txt",
        "sidepanel/index.html",
        "sidepanel/main.js",
        "sidepanel/main.css",
        "python/runtime.zip",
        "python/python.snapshot",
        "python/snapshot.json",
        "vendor/pyodide/pyodide.mjs",
        "vendor/pyodide/pyodide-lock.json",
        "vendor/hash-wasm/hash-wasm.js",
        "vendor/transformers/transformers.js",
        "vendor/transformers/ort-wasm-simd-threaded.jspi.wasm",
    }
    assert json.loads((extension / "manifest.json").read_text())["version"] == "3.2.1"
    assert 'HELLO: "hello"' in (extension / "events.js").read_text()
    panel = (extension / "sidepanel" / "main.js").read_text()
    assert "hello" in panel
    assert "lit" not in {line.split()[-1] for line in panel.splitlines() if line.startswith("import")}
    part, size = sizes(extension)[-1]
    assert (part, size) == (
        "the extension",
        sum(path.stat().st_size for path in extension.rglob("*") if path.is_file()),
    )


def test_the_lock_file_holds_the_packaged_wheels_and_nothing_else(sample: Project) -> None:
    pyodide = build_extension(project=sample) / "vendor" / "pyodide"

    packages = json.loads((pyodide / "pyodide-lock.json").read_text())["packages"]
    assert list(packages) == ["transformers-js-py"]
    wheel = pyodide / packages["transformers-js-py"]["file_name"]
    assert packages["transformers-js-py"]["sha256"] == file_hash(wheel)


def test_modules_are_packaged_as_sources_and_byte_code_of_the_packaged_python(sample: Project, root: Path) -> None:
    extension = build_extension(project=sample)

    with zipfile.ZipFile(extension / "python" / "runtime.zip") as archive:
        names = set(archive.namelist())
        magic = archive.read("tabagent/main.pyc")[:4]
        code = archive.read("tabagent/main.pyc")
    assert {"tabagent/main.py", "tabagent/main.pyc"} <= names
    assert not [name for name in names if "memory" in name]
    # The number that marks byte code of Python 3.14, whatever runs this test.
    assert int.from_bytes(magic[:2], "little") == 3627
    assert b"/app/runtime.zip/tabagent/main.py" in code


def test_notices_name_every_packaged_third_party_with_its_licence(sample: Project) -> None:
    text = (build_extension(project=sample) / "THIRD_PARTY_NOTICES.txt").read_text()

    for name in (
        "pyodide 314",
        "onnxruntime-web",
        "@huggingface/transformers",
        "hash-wasm ",
        "lit ",
        "transformers-js-py",
        "CPython",
    ):
        assert f"\n{name}" in text
    for licence in ("Mozilla Public License", "Apache License", "PYTHON SOFTWARE FOUNDATION LICENSE", "Microsoft"):
        assert licence in text
    assert "esbuild" not in text


def test_two_builds_from_scratch_give_the_same_archive(sample: Project, tmp_path: Path) -> None:
    first = file_hash(archive_extension(build_extension(project=sample), sample))
    # Another place for sources, packages and results: none of them may leave a trace in the package.
    modules = tmp_path / "elsewhere" / "node_modules"
    modules.mkdir(parents=True)
    for package in sample.node_modules.iterdir():
        if package.name == "pyodide":
            shutil.copytree(package, modules / package.name)
        else:
            (modules / package.name).symlink_to(package)
    copy = tmp_path / "elsewhere" / "copy"
    shutil.copytree(sample.root, copy, ignore=shutil.ignore_patterns("elsewhere", "dist"))
    other = Project(root=copy, dist=copy / "dist", node_modules=modules, cache=tmp_path / "elsewhere" / "cache")

    second = file_hash(archive_extension(build_extension(project=other), other))

    assert first == second


def test_a_build_without_changes_writes_nothing(sample: Project) -> None:
    extension = build_extension(project=sample)
    before = {path: path.stat().st_ino for path in extension.rglob("*")}

    build_extension(project=sample)

    assert {path: path.stat().st_ino for path in extension.rglob("*")} == before


def test_a_file_that_is_gone_from_the_sources_goes_from_the_package(sample: Project) -> None:
    extra = sample.extension / "media" / "sound.ogg"
    extra.parent.mkdir()
    extra.write_text("sound")
    packaged = build_extension(project=sample) / "media" / "sound.ogg"
    assert packaged.exists()

    shutil.rmtree(extra.parent)
    build_extension(project=sample)

    assert not packaged.parent.exists()


def test_the_test_variant_boots_plainly_and_carries_the_cases(sample: Project) -> None:
    extension = build_extension("test", sample)

    assert extension.name == "extension-test"
    assert not (extension / "python" / "python.snapshot").exists()
    assert (extension / "tests" / "probe.html").exists()
    with zipfile.ZipFile(extension / "python" / "tests.zip") as archive:
        assert {"tests/contracts/cases.py", "tests/contracts/cases.pyc"} <= set(archive.namelist())


def test_a_module_that_needs_the_browser_at_import_is_refused_by_name(sample: Project) -> None:
    (sample.package / "eager.py").write_text("from js import document\n")

    with pytest.raises(ToolError, match=r"tabagent\.eager cannot be imported for the memory snapshot: ImportError"):
        build_extension(project=sample)


def test_a_syntax_error_is_refused_by_name(sample: Project) -> None:
    (sample.package / "broken.py").write_text("def half(:\n")

    with pytest.raises(ToolError, match=r"compile_sources\.py failed in Pyodide.*"):
        build_extension(project=sample)


def test_a_panel_that_imports_an_unknown_package_is_refused_with_its_place(sample: Project) -> None:
    (sample.extension / "sidepanel" / "main.js").write_text('import "no-such-package";\n')

    with pytest.raises(ToolError, match=r": sidepanel/main\.js:1: Could not resolve \"no-such-package\""):
        build_extension(project=sample)


@pytest.mark.parametrize("version", ["1.0.0rc1", "1.70000", "1.2.3.4.5"])
def test_a_version_that_chrome_would_not_take_is_refused(sample: Project, version: str) -> None:
    (sample.root / "pyproject.toml").write_text(f'[project]\nversion = "{version}"\n')

    with pytest.raises(ToolError, match="Chrome wants one to four numbers"):
        build_extension(project=sample)


def with_own(package: str, sample: Project, modules: Path) -> Path:
    """Return node_modules in which one package may be changed."""
    modules.mkdir()
    for found in sample.node_modules.iterdir():
        (modules / found.name).symlink_to(found)
    (modules / package).unlink()
    shutil.copytree(sample.node_modules / package, modules / package)
    return modules


def test_a_file_that_is_gone_from_a_packaged_folder_is_missed(sample: Project, tmp_path: Path) -> None:
    modules = with_own("pdfjs-dist", sample, tmp_path / "node_modules")
    (modules / "pdfjs-dist" / "cmaps" / "GBK-EUC-H.bcmap").unlink()

    with pytest.raises(ToolError, match=r"pdfjs-dist/cmaps/GBK-EUC-H\.bcmap of build/locks/vendored\.txt is missing"):
        build_extension(project=replace(sample, node_modules=modules))


def test_a_changed_file_in_node_modules_is_refused(sample: Project, tmp_path: Path) -> None:
    modules = with_own("pyodide", sample, tmp_path / "node_modules")
    with (modules / "pyodide" / "pyodide.asm.mjs").open("a") as stream:
        stream.write("// something more\n")

    with pytest.raises(ToolError, match=r"pyodide\.asm\.mjs is not the file that build/locks/vendored\.txt lists"):
        build_extension(project=replace(sample, node_modules=modules))

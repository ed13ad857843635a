"""The wheels that travel in the package, and those that must not."""

from __future__ import annotations

import zipfile

import pytest

from tools.build.extension import build_extension
from tools.build.project import Project
from tools.build.pyodide import Release
from tools.build.wheels import collect_wheels, fits
from tools.environment import ToolError, file_hash

RELEASE = Release(version="314.0.7", python="3.14.2", abi="2026_0")


def put_wheel(project: Project, name: str, *, needs: str = "", listed: bool = True) -> None:
    """Put a wheel of one module into build/wheels."""
    distribution, version = name.split("-")[:2]
    requirement = f"Requires-Dist: {needs}\n" if needs else ""
    metadata = f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {version}\n{requirement}"
    path = project.compiled_wheels / name
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{distribution}/__init__.py", "")
        archive.writestr(f"{distribution}-{version}.dist-info/METADATA", metadata)
        archive.writestr(f"{distribution}-{version}.dist-info/WHEEL", "Wheel-Version: 1.0\n")
        archive.writestr(f"{distribution}-{version}.dist-info/LICENSE", "Anybody may do anything.")
        archive.writestr(f"{distribution}-{version}.dist-info/RECORD", "")
    if listed:
        lock = project.locks / "local-wheels.txt"
        lock.write_text(f"{lock.read_text()}{file_hash(path)}  {name}\n")


@pytest.mark.parametrize(
    "name",
    [
        "a-1-py3-none-any.whl",
        "a-1-py2.py3-none-any.whl",
        "a-1-cp314-cp314-pyemscripten_2026_0_wasm32.whl",
        "a-1-cp39-abi3-pyemscripten_2026_0_wasm32.whl",
        "a-1-py3-none-pyemscripten_2026_0_wasm32.whl",
        "a-1-1-cp314-none-any.whl",
    ],
)
def test_wheels_that_run_on_the_packaged_python_fit(name: str) -> None:
    assert fits(name, RELEASE)


@pytest.mark.parametrize(
    "name",
    [
        "a-1-cp313-cp313-pyemscripten_2025_0_wasm32.whl",
        "a-1-cp314-cp314-pyodide_2025_0_wasm32.whl",
        "a-1-cp314-cp314-manylinux_2_17_x86_64.whl",
        "a-1-cp313-cp313-pyemscripten_2026_0_wasm32.whl",
        "a-1-cp314-cp314t-pyemscripten_2026_0_wasm32.whl",
        "a-1-cp315-abi3-pyemscripten_2026_0_wasm32.whl",
        "a-1-py2-none-any.whl",
        "nonsense.whl",
    ],
)
def test_wheels_for_other_pythons_and_platforms_do_not_fit(name: str) -> None:
    assert not fits(name, RELEASE)


def test_a_listed_wheel_is_resolved_and_packaged(sample: Project) -> None:
    put_wheel(sample, "quick-1.0-cp314-cp314-pyemscripten_2026_0_wasm32.whl")

    pyodide = build_extension("test", sample) / "vendor" / "pyodide"

    assert (pyodide / "quick-1.0-cp314-cp314-pyemscripten_2026_0_wasm32.whl").exists()
    assert '"quick"' in (pyodide / "pyodide-lock.json").read_text()


def test_a_wheel_whose_requirement_is_not_bundled_is_refused(sample: Project) -> None:
    put_wheel(sample, "quick-1.0-py3-none-any.whl", needs="no-such-requirement")

    with pytest.raises(ToolError, match="no-such-requirement"):
        build_extension("test", sample)


def test_a_wheel_for_another_pyodide_is_refused(sample: Project) -> None:
    put_wheel(sample, "quick-1.0-cp313-cp313-pyodide_2025_0_wasm32.whl")

    with pytest.raises(ToolError, match=r"does not run on the packaged Pyodide.*rebuild it"):
        collect_wheels(sample, RELEASE)


def test_a_wheel_that_is_not_listed_is_refused_with_the_line_to_add(sample: Project) -> None:
    put_wheel(sample, "quick-1.0-py3-none-any.whl", listed=False)

    with pytest.raises(ToolError, match=r"is not listed: add the line '[0-9a-f]{64}  quick-1\.0"):
        collect_wheels(sample, RELEASE)


def test_a_wheel_with_another_hash_is_refused(sample: Project) -> None:
    put_wheel(sample, "quick-1.0-py3-none-any.whl")
    with (sample.compiled_wheels / "quick-1.0-py3-none-any.whl").open("ab") as stream:
        stream.write(b"more")

    with pytest.raises(ToolError, match=r"is not the wheel that local-wheels\.txt lists"):
        collect_wheels(sample, RELEASE)


def test_a_listed_wheel_that_is_not_there_is_refused(sample: Project) -> None:
    (sample.locks / "local-wheels.txt").write_text(f"{'0' * 64}  gone-1.0-py3-none-any.whl\n")

    with pytest.raises(ToolError, match=r"lists gone-1\.0-py3-none-any\.whl, which is not in"):
        collect_wheels(sample, RELEASE)


def test_a_malformed_line_is_refused_with_its_number(sample: Project) -> None:
    (sample.locks / "local-wheels.txt").write_text("# fine\nnonsense\n")

    with pytest.raises(ToolError, match=r"line 2: expected 'SHA256  FILE\.whl'"):
        collect_wheels(sample, RELEASE)

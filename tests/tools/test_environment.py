"""What the commands say when something they need is not there."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tools.environment import ToolError, file_hash, find_chromium, make_folder, run_command

Finished = subprocess.CompletedProcess[str]


def copy_of_tools(root: Path, destination: Path) -> Path:
    """A repository without an environment: what a stranger has after cloning."""
    (destination / "tools").mkdir()
    for name in ("__init__.py", "environment.py"):
        shutil.copyfile(root / "tools" / name, destination / "tools" / name)
    shutil.copytree(root / "build" / "locks", destination / "build" / "locks")
    for name in ("package.json", "package-lock.json"):
        shutil.copyfile(root / "build" / name, destination / "build" / name)
    return destination


def command(repository: Path, body: str, *arguments: str, **variables: str) -> Finished:
    """Run a command made of `body` with nothing but the given PATH, by a Python that has no packages."""
    program = (
        f"from tools.environment import *\ndef main():\n    {body}\nif __name__ == '__main__':\n    run_tool(main)\n"
    )
    (repository / "tools" / "probe.py").write_text(program)
    plain_python = Path(sys.base_prefix) / "bin" / "python3"
    return subprocess.run(
        [plain_python, "-m", "tools.probe", *arguments],
        cwd=repository,
        env={"PATH": "", "HOME": os.environ.get("HOME", "/"), **variables},
        capture_output=True,
        text=True,
    )


def program(folder: Path, name: str, script: str) -> Path:
    """Put an executable into a folder for the PATH."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def assert_one_line(finished: Finished, *words: str) -> None:
    assert finished.returncode == 2, finished.stderr
    assert finished.stdout == ""
    last = finished.stderr.splitlines()[-1]
    assert last.startswith("error: ")
    assert "Traceback" not in finished.stderr
    for word in words:
        assert word in last


@pytest.fixture
def repository(root: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "repository"
    folder.mkdir()
    return copy_of_tools(root, folder)


def test_no_node_is_one_line_that_says_what_to_install(repository: Path) -> None:
    assert_one_line(command(repository, "ensure_node_modules()"), "Node.js was not found", "install Node.js 20")


def test_an_old_node_is_one_line_with_its_version(repository: Path, tmp_path: Path) -> None:
    program(tmp_path / "bin", "node", "echo v18.19.1")

    finished = command(repository, "ensure_node_modules()", PATH=str(tmp_path / "bin"))

    assert_one_line(finished, "Node.js v18.19.1", "too old", "20")


def test_a_node_that_is_something_else_is_one_line(repository: Path, tmp_path: Path) -> None:
    program(tmp_path / "bin", "node", "echo hello")

    assert_one_line(command(repository, "ensure_node_modules()", PATH=str(tmp_path / "bin")), "'hello', not a version")


def test_node_without_npm_is_one_line(repository: Path, tmp_path: Path) -> None:
    program(tmp_path / "bin", "node", "echo v22.1.0")

    assert_one_line(command(repository, "ensure_node_modules()", PATH=str(tmp_path / "bin")), "npm was not found")


def test_a_failing_npm_is_one_line_with_its_last_words(repository: Path, tmp_path: Path) -> None:
    program(tmp_path / "bin", "node", "echo v22.1.0")
    program(tmp_path / "bin", "npm", "echo 'npm error network down' >&2; exit 1")

    finished = command(repository, "ensure_node_modules()", PATH=str(tmp_path / "bin"))

    assert_one_line(finished, "npm could not install", "network down")


def test_node_packages_are_installed_once_for_each_lock(repository: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"
    program(tmp_path / "bin", "node", "echo v22.1.0")
    program(tmp_path / "bin", "npm", f'echo "$@" >> {log}; /bin/mkdir -p node_modules')
    path = str(tmp_path / "bin")

    command(repository, "ensure_node_modules()", PATH=path)
    command(repository, "ensure_node_modules()", PATH=path)
    assert len(log.read_text().splitlines()) == 1
    assert "ci --ignore-scripts" in log.read_text()

    (repository / "build" / "package-lock.json").write_text("{}")
    command(repository, "ensure_node_modules()", PATH=path)
    assert len(log.read_text().splitlines()) == 2


def test_no_chromium_is_one_line_that_names_the_variable(repository: Path) -> None:
    assert_one_line(command(repository, "print(find_chromium())"), "Chromium was not found", "CHROMIUM")


def test_a_wrong_chromium_variable_is_one_line_with_its_value(repository: Path) -> None:
    finished = command(repository, "print(find_chromium())", CHROMIUM="/no/such/chromium")

    assert_one_line(finished, "/no/such/chromium", "unset it")


def test_the_chromium_variable_comes_before_the_path(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_path = program(tmp_path / "bin", "chromium", "true")
    chosen = program(tmp_path / "other", "chromium", "true")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.delenv("CHROMIUM", raising=False)
    assert find_chromium() == on_path

    monkeypatch.setenv("CHROMIUM", str(chosen))
    assert find_chromium() == chosen


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("where a folder should be")

    with pytest.raises(ToolError, match="put the repository in a folder that you may write to") as caught:
        make_folder(tmp_path / "file" / "cache")

    assert "\n" not in str(caught.value)


@pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's folder in which nobody may write")
def test_a_read_only_place_is_one_line_also_for_root(repository: Path) -> None:
    finished = command(repository, 'make_folder(Path("/proc/tabagent"))')

    assert_one_line(finished, "cannot write to /proc/tabagent")


def test_a_python_without_ensurepip_is_one_line(repository: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    site.mkdir()
    (site / "ensurepip.py").write_text("raise ImportError('left out by the distribution')\n")

    finished = command(repository, 'ensure_environment("run")', PYTHONPATH=f"{site}:{repository}")

    assert_one_line(finished, "ensurepip", "python3-venv")


def test_a_lock_that_is_gone_is_one_line(repository: Path) -> None:
    (repository / "build" / "locks" / "run.txt").unlink()

    assert_one_line(command(repository, 'ensure_environment("run")'), "run.txt", "restore it")


def test_a_wrong_hash_in_the_lock_is_refused(repository: Path, tmp_path: Path) -> None:
    wheel = tmp_path / "wheels" / "tiny-1.0-py3-none-any.whl"
    make_wheel(wheel)
    (repository / "build" / "locks" / "run.txt").write_text(f"tiny==1.0 --hash=sha256:{'0' * 64}\n")

    finished = command(repository, 'ensure_environment("run")', **offline_pip(wheel.parent))

    assert_one_line(finished, "pip could not install")


def test_a_fresh_clone_gets_its_environment_and_runs_the_same_command_in_it(repository: Path, tmp_path: Path) -> None:
    wheel = tmp_path / "wheels" / "tiny-1.0-py3-none-any.whl"
    make_wheel(wheel)
    lock = repository / "build" / "locks" / "run.txt"
    lock.write_text(f"tiny==1.0 --hash=sha256:{file_hash(wheel)}\n")
    body = 'ensure_environment("run"); import tiny, json, sys; print(json.dumps([tiny.WORD, sys.prefix, sys.argv[1:]]))'

    first = command(repository, body, "--prompt", "two words", **offline_pip(wheel.parent))
    second = command(repository, body, "--prompt", "two words", **offline_pip(wheel.parent))

    assert json.loads(first.stdout) == ["tiny", str(repository / ".venv"), ["--prompt", "two words"]]
    assert "Installing" in first.stderr
    assert second.stdout == first.stdout
    assert second.stderr == ""


def test_a_failing_program_is_quoted_by_its_last_line_and_not_at_length(tmp_path: Path) -> None:
    failing = program(tmp_path, "failing", f"echo first >&2; echo {'x' * 5000} >&2; exit 3")

    with pytest.raises(ToolError, match=r"could not do it: x+$") as caught:
        run_command([failing], cwd=tmp_path, failure="could not do it")

    assert len(str(caught.value)) < 500


def make_wheel(path: Path) -> None:
    """Write a wheel of one module, so that pip can be tested without a network."""
    path.parent.mkdir(parents=True)
    content = path.parent / "content"
    (content / "tiny-1.0.dist-info").mkdir(parents=True)
    (content / "tiny.py").write_text('WORD = "tiny"\n')
    (content / "tiny-1.0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n")
    (content / "tiny-1.0.dist-info" / "WHEEL").write_text(
        "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    )
    (content / "tiny-1.0.dist-info" / "RECORD").write_text("")
    shutil.make_archive(str(path.with_suffix("")), "zip", content)
    path.with_suffix(".zip").rename(path)


def offline_pip(wheels: Path) -> dict[str, str]:
    """Environment variables that let pip see nothing but these wheels."""
    return {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(wheels), "PIP_CONFIG_FILE": os.devnull}

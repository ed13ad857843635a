"""What the commands need before they can start: Python packages, Node packages and Chromium.

Only the standard library is imported here, so every command can begin with a bare Python:

    def main() -> None:
        ensure_environment("run")   # from here on, the packages of build/locks/run.txt can be imported
        ...

    if __name__ == "__main__":
        run_tool(main)

What is missing is installed at the pinned versions, with hashes checked; what is up to date costs milliseconds.
Progress goes to stderr, because stdout belongs to the command. Every failure is a `ToolError`.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent
CACHE = ROOT / ".cache"
DIST = ROOT / "dist"
BUILD = ROOT / "build"
VENV = ROOT / ".venv"

OLDEST_PYTHON = (3, 11)
OLDEST_NODE = 20
# The groups of build/locks; a group's file holds all that the groups before it hold.
GROUPS = ("run", "test")
STAMP = "tabagent-stamp.json"
# Of a program's own words in an error message; some print whole minified files.
LONGEST_QUOTE = 400


class ToolError(Exception):
    """A command cannot go on; the text is one line that says what happened and what to do about it."""


def run_tool(main: Callable[[], None]) -> NoReturn:
    """Run a command's main function and turn its failure into one line on stderr and exit status 2."""
    try:
        main()
    except ToolError as error:
        print(f"error: {error}", file=sys.stderr)
        raise SystemExit(2) from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    raise SystemExit(0)


def report(message: str) -> None:
    """Tell the person, on stderr, what takes time now."""
    print(message, file=sys.stderr, flush=True)


def ensure_environment(group: str) -> None:
    """Make the packages of `group` importable, or raise `ToolError`.

    Installs them into .venv when the lock has changed since the last time. When the current process does not run in
    .venv, or what it runs in has just changed, its command line is executed again there: code before the call runs
    twice, so call this first.
    """
    if sys.version_info < OLDEST_PYTHON:  # the commands may be started with any Python
        raise ToolError(
            f"Python {sys.version_info.major}.{sys.version_info.minor} is too old: "
            f"run this with Python {OLDEST_PYTHON[0]}.{OLDEST_PYTHON[1]} or newer"
        )
    inside = Path(sys.prefix).resolve() == VENV.resolve()
    with exclusive("environment"):
        changed = _install_group(group, inside)
    if changed or not inside:
        _execute_again()


def ensure_node_modules() -> Path:
    """Return build/node_modules, installed exactly as build/package-lock.json says, or raise `ToolError`.

    npm checks each package against the integrity hash of the lock. No package's install script runs.
    """
    require_node()
    modules = BUILD / "node_modules"
    with exclusive("node_modules"):
        wanted = {"lock": file_hash(BUILD / "package-lock.json"), "package": file_hash(BUILD / "package.json")}
        if _read_stamp(modules) != wanted:
            report("Installing the pinned Node packages …")
            npm = shutil.which("npm")
            if npm is None:
                raise ToolError("npm was not found on the PATH: install Node.js 20 or newer with npm, then run again")
            command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
            run_command(command, cwd=BUILD, failure="npm could not install the packages of build/package-lock.json")
            _write_stamp(modules, wanted)
    return modules


def require_node() -> str:
    """Return the path of Node, or raise `ToolError` when there is none that is new enough."""
    node = shutil.which("node")
    if node is None:
        raise ToolError(f"Node.js was not found on the PATH: install Node.js {OLDEST_NODE} or newer, then run again")
    version = _output_of([node, "--version"])
    try:
        major = int(version.lstrip("v").split(".")[0])
    except ValueError:
        raise ToolError(f"{node} --version printed {version!r}, not a version: install Node.js {OLDEST_NODE}") from None
    if major < OLDEST_NODE:
        raise ToolError(f"Node.js {version} at {node} is too old: install Node.js {OLDEST_NODE} or newer")
    return node


def find_chromium() -> Path:
    """Return a Chromium that can run, or raise `ToolError`.

    In this order: $CHROMIUM, `chromium` on the PATH, Debian's package when this runs as root, Playwright's own
    download. Google's branded builds are not looked for: since version 137 they ignore `--load-extension`.
    """
    chosen = os.environ.get("CHROMIUM")
    if chosen:
        if not os.access(chosen, os.X_OK):
            raise ToolError(f"CHROMIUM is {chosen}, which is not a program: set it to Chromium's path, or unset it")
        return Path(chosen)
    with exclusive("chromium"):
        found = shutil.which("chromium") or _chromium_from_debian() or _chromium_from_playwright()
    if not found:
        raise ToolError("Chromium was not found and could not be installed: install it, or set CHROMIUM to its path")
    return Path(found)


def run_command(command: Sequence[str | Path], *, cwd: Path, failure: str, env: dict[str, str] | None = None) -> str:
    """Run a program quietly and return its stdout.

    Raises `ToolError` with `failure` and the last line that the program printed when it cannot start or fails.
    """
    environment = None if env is None else {**os.environ, **env}
    try:
        done = subprocess.run(
            [str(part) for part in command], cwd=cwd, env=environment, capture_output=True, text=True, check=False
        )
    except OSError as error:
        raise ToolError(f"{failure}: {error}") from error
    if done.returncode != 0:
        raise ToolError(f"{failure}: {_last_words(done.stderr, done.stdout) or f'exit status {done.returncode}'}")
    return done.stdout


def make_folder(folder: Path) -> Path:
    """Create a folder with its parents and return it, or raise `ToolError` when this place cannot be written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK):
            raise PermissionError(f"no permission to write into {folder}")
    except OSError as error:
        raise ToolError(
            f"cannot write to {folder} ({error.strerror or error}): "
            "put the repository in a folder that you may write to, then run again"
        ) from error
    return folder


def file_hash(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal; `ToolError` when it cannot be read."""
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise ToolError(f"cannot read {path} ({error.strerror}): restore it, for example with git checkout") from error


@contextmanager
def exclusive(name: str) -> Iterator[None]:
    """Let one process at a time install things; others wait for it. Windows has no such lock and goes without."""
    folder = make_folder(CACHE)
    try:
        import fcntl
    except ImportError:
        yield
        return
    with (folder / f"{name}.lock").open("w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield


def _install_group(group: str, inside: bool) -> bool:
    """Bring .venv up to date for `group`; return whether anything changed."""
    interpreter = f"{sys.version_info.major}.{sys.version_info.minor}"
    lock_hash = file_hash(_lock_file(group))
    state = _read_stamp(VENV)
    if not inside and (state.get("python") != interpreter or not _venv_python().exists()):
        _make_venv()
        state = {"python": interpreter}
    if state.get(group) == lock_hash:
        return False
    report(f"Installing the pinned Python packages ({group}) …")
    command: list[str | Path] = [
        _venv_python(),
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--no-input",
    ]
    command += ["--require-hashes", "--only-binary=:all:", "-r", _lock_file(group)]
    run_command(command, cwd=ROOT, failure=f"pip could not install {_lock_file(group).relative_to(ROOT)}")
    # A later group's file contains the earlier groups' packages at the same versions.
    for contained in GROUPS[: GROUPS.index(group) + 1]:
        state[contained] = file_hash(_lock_file(contained))
    _write_stamp(VENV, state)
    return True


def _make_venv() -> None:
    report("Making the Python environment in .venv …")
    make_folder(VENV)
    # Debian's python3 cannot make environments until python3-venv is there.
    if not _has_ensurepip() and not _apt_install("python3-venv"):
        raise ToolError(
            f"{sys.executable} cannot make an environment because its ensurepip module is missing: "
            "install it (Debian and Ubuntu: apt install python3-venv), then run again"
        )
    command = [sys.executable, "-m", "venv", "--clear", str(VENV)]
    run_command(command, cwd=ROOT, failure=f"{sys.executable} could not make an environment in {VENV}")


def _has_ensurepip() -> bool:
    return subprocess.run([sys.executable, "-c", "import ensurepip, venv"], capture_output=True).returncode == 0


def _execute_again() -> NoReturn:
    """Replace this process by the same command line in .venv."""
    command = [str(_venv_python()), *sys.orig_argv[1:]]
    sys.stdout.flush()
    sys.stderr.flush()
    if os.name == "nt":  # execv there returns to the shell at once
        raise SystemExit(subprocess.run(command, check=False).returncode)
    os.execv(command[0], command)  # noqa: S606 - no shell is wanted


def _venv_python() -> Path:
    return VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def _lock_file(group: str) -> Path:
    return BUILD / "locks" / f"{group}.txt"


def _read_stamp(folder: Path) -> dict[str, str]:
    """Return what an earlier run noted about a folder it finished; empty when it did not."""
    try:
        state = json.loads((folder / STAMP).read_text())
    except (OSError, ValueError):
        return {}
    return state if isinstance(state, dict) else {}


def _write_stamp(folder: Path, state: dict[str, str]) -> None:
    (folder / STAMP).write_text(json.dumps(state, indent=1))


def _chromium_from_debian() -> str | None:
    return shutil.which("chromium") if _apt_install("chromium") else None


def _chromium_from_playwright() -> str | None:
    """Let Playwright download its Chromium into its cache; None when it cannot."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return None
    with sync_playwright() as playwright:
        path = Path(playwright.chromium.executable_path)
    if not path.exists():
        report("Downloading Chromium …")
        subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], stdout=sys.stderr, check=False)
    return str(path) if path.exists() else None


def _apt_install(package: str) -> bool:
    """Install a Debian package when that is possible here (apt-get exists, root); return whether it worked."""
    if shutil.which("apt-get") is None or not hasattr(os, "geteuid") or os.geteuid() != 0:
        return False
    report(f"Installing Debian's package {package} …")
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(["apt-get", "update", "-qq"], env=env, stdout=sys.stderr, check=False)
    command = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", package]
    return subprocess.run(command, env=env, stdout=sys.stderr, check=False).returncode == 0


def _output_of(command: Sequence[str]) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    except OSError as error:
        raise ToolError(f"{command[0]} cannot be run ({error.strerror}): install it again") from error


def _last_words(*outputs: str) -> str:
    """Return the last line that says something, of the first output that has one."""
    for output in outputs:
        lines = [line.strip() for line in output.splitlines() if line.strip()]
        if lines:
            return lines[-1][:LONGEST_QUOTE]
    return ""

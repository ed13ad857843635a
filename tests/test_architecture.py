"""Rules about the code, as tests: mirrors, contracts, names on the wire, sizes, imports."""

from __future__ import annotations

import ast
import importlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path

import pytest

from tabagent import events

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "py" / "tabagent"
EXTENSION = ROOT / "extension"
UNIT = ROOT / "tests" / "unit"
MAX_LINES = 400
# Without the panel: registering listeners, booting Python from its packed memory, passing messages, calls and errors on
# needs no more.
MAX_BACKGROUND_JAVASCRIPT_LINES = 580
# What runs in pages: it finds the text there, Python makes something of it.
MAX_PAGE_SCRIPT_LINES = 200

PYTHON = sorted(SOURCE.rglob("*.py"))
JAVASCRIPT = sorted(EXTENSION.rglob("*.js"))
# Ports whose every implementation needs a browser, with the reason why no contract can run on CPython.
PORTS_OF_THE_BROWSER_ALONE = {
    "MemoryProbe": "it reads figures that only a browser has; tests/browser asks for them over the messages",
}


def module_name(path: Path) -> str:
    """Return a source file's dotted name below `tabagent`."""
    return ".".join(path.relative_to(SOURCE).with_suffix("").parts)


def place(path: Path) -> str:
    """Return where a file lies in the repository."""
    return str(path.relative_to(ROOT))


# Tests and contracts


def _is_mirrored(path: Path) -> bool:
    """Tell whether a source file needs a unit test of its own: ports and adapters have contracts instead."""
    folder = path.relative_to(SOURCE).parts[0]
    return path.name != "__init__.py" and folder not in ("ports", "adapters")


MIRRORED = [path for path in PYTHON if _is_mirrored(path)]


@pytest.mark.parametrize("path", MIRRORED, ids=module_name)
def test_every_module_has_its_test_file(path: Path) -> None:
    relative = path.relative_to(SOURCE)

    assert (UNIT / relative.parent / f"test_{relative.name}").is_file()


def test_every_unit_test_file_tests_a_module_that_exists() -> None:
    """`test_x.py` and, for one aspect of many, `test_x_aspect.py` belong to `x.py`."""
    modules = {path.relative_to(SOURCE).with_suffix("") for path in MIRRORED}
    strays = []
    for path in UNIT.rglob("test_*.py"):
        words = path.stem.removeprefix("test_").split("_")
        folder = path.parent.relative_to(UNIT)
        owners = {folder / "_".join(words[:count]) for count in range(1, len(words) + 1)}
        if not owners & modules and folder.parts[:1] != ("adapters",):
            strays.append(path)

    assert strays == []


def _protocols(path: Path) -> Iterator[str]:
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ClassDef) and any(ast.unparse(base) == "Protocol" for base in node.bases):
            yield node.name


def _mentioned(path: Path) -> set[str]:
    """Return every name that a file imports or uses."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)} | {
        alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names
    }


PORTS = sorted((path, name) for path in (SOURCE / "ports").glob("*.py") for name in _protocols(path))
# What a port hands out is tested by the contract of the port that hands it out.
HANDED_OUT = {"HttpResponse": "Fetcher", "ContentHash": "Hasher"}


@pytest.mark.parametrize(("path", "name"), PORTS, ids=[name for _, name in PORTS])
def test_every_port_has_a_contract(path: Path, name: str) -> None:
    contracts = [file for file in (ROOT / "tests" / "contracts").glob("*.py") if file.name != "__init__.py"]
    mentioned = set[str]().union(*(_mentioned(file) for file in contracts))

    assert {name, HANDED_OUT.get(name)} & mentioned or name in PORTS_OF_THE_BROWSER_ALONE


def test_every_contract_runs_against_the_memory_adapters_and_in_the_browser() -> None:
    contracts = {file.stem for file in (ROOT / "tests" / "contracts").glob("*.py")} - {"__init__"}
    on_cpython = _mentioned(UNIT / "adapters" / "memory" / "test_contracts.py")
    in_browser = _mentioned(ROOT / "tests" / "browser" / "inside" / "contracts.py")

    assert contracts <= on_cpython
    assert contracts <= in_browser


# Names on the wire

ENUMERATIONS: list[type[StrEnum]] = [
    kind
    for kind in vars(events).values()
    if isinstance(kind, type) and issubclass(kind, StrEnum) and kind is not StrEnum
]
VALUES = frozenset(str(member) for kind in ENUMERATIONS for member in kind)
# A capital letter, colon, hyphen or underscore: nothing but the name of a message or a code looks like this.
UNMISTAKABLE = frozenset(value for value in VALUES if not re.fullmatch("[a-z]+", value))
# Ordinary words ("error", "idle", "reset", …) are names only where a name is expected.
WORDS = VALUES - UNMISTAKABLE
# Words that mean something else in a file: of which vocabulary they are.
_PANEL_STATUS = "the panel's own status of a shown message (MessageStatus in types.js), which never leaves it"
_ATTACHMENT_STATUS = "whether an attachment's text has been read (Attachment in types.js)"
_PHASE = "what an answer waits for, as GENERATION_STATUS has it"
OTHER_VOCABULARIES: dict[str, dict[str, str]] = {
    "extension/sidepanel/components/message-parts.js": {"error": _PANEL_STATUS, "queued": _PHASE},
    "extension/sidepanel/drive_state.js": {"ready": "the panel's own status of an attachment (types.js)"},
    "extension/sidepanel/attachments_commands.js": {"ready": _ATTACHMENT_STATUS, "failed": _ATTACHMENT_STATUS},
    "extension/sidepanel/components/attachments.js": {"ready": _ATTACHMENT_STATUS, "failed": _ATTACHMENT_STATUS},
    "extension/sidepanel/chat_commands.js": {"ready": _ATTACHMENT_STATUS},
    "extension/sidepanel/chat_events.js": {"error": _PANEL_STATUS},
    "extension/sidepanel/chat_records.js": {"error": _PANEL_STATUS},
    "extension/sidepanel/conversation.js": {"error": _PANEL_STATUS},
    "extension/sidepanel/drafts.js": {"ready": _ATTACHMENT_STATUS},
    "extension/sidepanel/view.js": {"queued": _PHASE},
}
NAMING_KEYS = ("type", "name", "event", "state", "status", "code")


def _python_texts(source: str) -> Iterator[tuple[int, str, bool]]:
    """Yield line, value and whether it names a message, of every string literal that is no docstring."""
    tree = ast.parse(source)
    naming: set[int] = set()
    docstrings: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr):
            docstrings.add(id(node.value))
        elif isinstance(node, ast.Compare):
            naming.update(id(part) for part in (node.left, *node.comparators))
        elif isinstance(node, ast.MatchValue) or (isinstance(node, ast.keyword) and node.arg in NAMING_KEYS):
            naming.add(id(node.value))
        elif isinstance(node, ast.Dict):
            pairs = zip(node.keys, node.values, strict=True)
            naming.update(
                id(value) for key, value in pairs if isinstance(key, ast.Constant) and key.value in NAMING_KEYS
            )
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.lineno, node.value, id(node) in naming


# In quotes of any kind, wherever it stands: a comment has no reason to spell a name out either.
_ANY_VALUE = "|".join(sorted(map(re.escape, VALUES), key=len, reverse=True))
_ANY_KEY = "|".join(NAMING_KEYS)
_JAVASCRIPT = re.compile(rf"([\"'`])({_ANY_VALUE})\1")
_BEFORE_A_NAME = re.compile(rf"(?:\b(?:{_ANY_KEY})\s*(?::|[!=]==?|=)|\bcase|[!=]==)\s*$")
_AFTER_A_NAME = re.compile(r"\s*[!=]==")


def _javascript_texts(source: str) -> Iterator[tuple[int, str, bool]]:
    """Yield line, value and whether it names a message, of every string literal that has a name's value."""
    for found in _JAVASCRIPT.finditer(source):
        before, after = source[max(0, found.start() - 60) : found.start()], source[found.end() : found.end() + 8]
        naming = bool(_BEFORE_A_NAME.search(before) or _AFTER_A_NAME.match(after))
        yield source.count("\n", 0, found.start()) + 1, found.group(2), naming


def spelled_out(texts: Iterator[tuple[int, str, bool]], path: Path | None = None) -> list[str]:
    """Return the places where a name of `tabagent.events` is written as a literal."""
    own = OTHER_VOCABULARIES.get(place(path), {}) if path else {}
    return [
        f"line {line}: {value!r}"
        for line, value, naming in texts
        if value not in own and (value in UNMISTAKABLE or (naming and value in WORDS))
    ]


@pytest.mark.parametrize("path", [path for path in PYTHON if path != SOURCE / "events.py"], ids=place)
def test_no_python_spells_a_messages_name_out(path: Path) -> None:
    assert spelled_out(_python_texts(path.read_text(encoding="utf-8")), path) == []


@pytest.mark.parametrize("path", JAVASCRIPT, ids=place)
def test_no_javascript_spells_a_messages_name_out(path: Path) -> None:
    assert spelled_out(_javascript_texts(path.read_text(encoding="utf-8")), path) == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('post({type: "loadModel"})', 1),
        ("listen('worker:stateChanged')", 1),
        ("const text = `model_ready`;", 1),
        ('{ type: "error" }', 1),
        ('if (state === "idle") stop();', 1),
        ('if ("idle" === state) stop();', 1),
        ('switch (x) { case "reset": }', 1),
        ('addEventListener("error", show)', 0),
        ('button("reset", "Reset the model")', 0),
        ('css("loading")', 0),
        ("const busy = label('idle');", 0),
    ],
)
def test_the_check_of_javascript_finds_names_and_spares_words(source: str, found: int) -> None:
    assert len(spelled_out(_javascript_texts(source))) == found


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('send("loadModel")', 1),
        ('Event(name="reset")', 1),
        ('{"type": "error"}', 1),
        ('state == "idle"', 1),
        ('match state:\n    case "idle": pass', 1),
        ('"""loadModel"""', 0),
        ('logger.error("error")', 0),
        ('phase = "generate"', 0),
    ],
)
def test_the_check_of_python_finds_names_and_spares_words(source: str, found: int) -> None:
    assert len(spelled_out(_python_texts(source))) == found


@pytest.mark.parametrize("path", sorted(OTHER_VOCABULARIES))
def test_an_exception_is_still_needed(path: str) -> None:
    source = (ROOT / path).read_text(encoding="utf-8")
    texts = _javascript_texts(source) if path.endswith(".js") else _python_texts(source)

    assert {value for _, value, naming in texts if naming} >= set(OTHER_VOCABULARIES[path])


# Sizes


def _lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def _own_files() -> list[Path]:
    """Return every source file of the project: hand-written, neither installed nor built."""
    kinds = {".py", ".pyi", ".js", ".mjs", ".css", ".html"}
    folders = (ROOT / name for name in ("extension", "py", "tests", "tools"))
    files = (path for folder in folders for path in folder.rglob("*") if path.suffix in kinds)
    return sorted(path for path in files if "node_modules" not in path.parts)


def test_no_file_is_too_long_to_be_read_at_once() -> None:
    assert {place(path): _lines(path) for path in _own_files() if _lines(path) > MAX_LINES} == {}


def test_the_javascript_around_python_stays_small() -> None:
    apart = {EXTENSION / "sidepanel", EXTENSION / "page"}

    assert sum(_lines(path) for path in JAVASCRIPT if not apart & {*path.parents}) <= MAX_BACKGROUND_JAVASCRIPT_LINES


def test_the_scripts_that_run_in_pages_stay_small() -> None:
    assert 0 < sum(_lines(path) for path in (EXTENSION / "page").glob("*.js")) <= MAX_PAGE_SCRIPT_LINES


# Imports


IMPORTABLE = [
    ".".join(("tabagent", *path.relative_to(SOURCE).with_suffix("").parts)).removesuffix(".__init__")
    for path in PYTHON
    # The composition root imports the browser's adapters; tests/unit/test_main.py gives it stand-ins.
    if "browser" not in path.parts and path != SOURCE / "main.py"
]

# Run in a fresh interpreter, without pytest's own imports and handlers.
_IMPORT_ALL = """
import importlib, logging, sys, threading
# Modules of the standard library may do as they like.
import array, asyncio, dataclasses, hashlib, json, random, re, typing, urllib.parse

found = []

def audit(event, arguments):
    if event.startswith(("socket.", "subprocess.", "shutil.", "os.")) and event not in ("os.listdir", "os.scandir"):
        found.append(event)
    if event == "open" and isinstance(arguments[1], str) and set(arguments[1]) & set("wax+"):
        found.append(f"writes {arguments[0]}")

sys.addaudithook(audit)
for name in sys.argv[1:]:
    importlib.import_module(name)
names = [None, *(name for name in logging.root.manager.loggerDict if name.startswith("tabagent"))]
found += [f"handler of {name}" for name in names if logging.getLogger(name).handlers]
found += [f"thread {thread.name}" for thread in threading.enumerate() if thread is not threading.main_thread()]
print(*found, sep="; ")
"""


def test_importing_any_module_on_cpython_does_nothing_but_define() -> None:
    result = subprocess.run(
        [sys.executable, "-B", "-c", _IMPORT_ALL, *IMPORTABLE],
        env=os.environ | {"PYTHONPATH": str(ROOT / "py")},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (result.returncode, result.stdout.strip(), result.stderr) == (0, "", "")


@pytest.mark.parametrize("name", IMPORTABLE)
def test_a_module_says_what_it_is_for(name: str) -> None:
    assert importlib.import_module(name).__doc__


@pytest.mark.parametrize("kind", ENUMERATIONS, ids=lambda kind: kind.__name__)
def test_the_values_of_an_enumeration_are_unique(kind: type[StrEnum]) -> None:
    assert len(kind.__members__) == len(set(kind)) == len({str(member) for member in kind})

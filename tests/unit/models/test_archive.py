"""Exports that somebody made to do harm, or that were damaged."""

from __future__ import annotations

import asyncio
import json
import tarfile
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given as given_values
from hypothesis import strategies as st

from tabagent.adapters.memory.fetcher import Answer
from tabagent.model_messages import GivenFile
from tabagent.models.archive import MANIFEST
from tabagent.models.arrivals import is_inner_path, is_model_id
from tabagent.store_errors import ImportFailed
from tests.unit.models.transfer_machine import (
    BAD_IDS,
    FILES,
    MEMBERS,
    Machine,
    export_of,
    manifest_of,
    tar_of,
)

pytestmark = pytest.mark.usefixtures("transfer_chunks")


BAD_PATHS = [
    *("../evil", "onnx/../../evil", "/etc/passwd", "", ".", "..", "a//b", "a/", "C:\\evil", "a\\..\\b", "a\0b"),
    *("a\nb", "./config.json", "x" * 501, "\ud800", "\u202eevil"),
]


@pytest.mark.parametrize("path", BAD_PATHS)
async def test_a_path_that_leads_elsewhere_is_refused(machine: Machine, path: str) -> None:
    manifest = manifest_of()
    manifest["models"][0]["files"][0]["path"] = path
    head = json.dumps(manifest).encode()

    with pytest.raises(ImportFailed, match="not a path inside"):
        await machine.take_in(tar_of([(MANIFEST, head)]))
    assert await machine.store.records() == ()


@pytest.mark.parametrize("model_id", [*BAD_IDS, ""])
async def test_an_id_that_is_none_is_refused(machine: Machine, model_id: str) -> None:
    manifest = manifest_of()
    manifest["models"][0]["modelId"] = model_id

    with pytest.raises(ImportFailed, match="not a model's id"):
        await machine.take_in(export_of(manifest))
    assert await machine.store.records() == ()


@given_values(st.text())
def test_no_path_that_is_taken_leads_out_of_its_folder(path: str) -> None:
    if is_inner_path(path):
        inner = Path("/models/x") / path
        assert Path("/models/x") in Path(str(inner)).parents
        assert ".." not in inner.parts
        assert str(inner) == f"/models/x/{path}"


@given_values(st.from_regex(r"[a-z0-9:./_\\-]+", fullmatch=True))
def test_no_id_that_is_taken_has_a_segment_that_leads_elsewhere(model_id: str) -> None:
    if is_model_id(model_id):
        segments = model_id.split("/")
        assert len(segments) in (2, 3)
        assert not {"", ".", ".."} & set(segments)


def changed(place: list[object], value: object) -> dict[str, Any]:
    manifest = manifest_of()
    inner: Any = manifest
    for step in place[:-1]:
        inner = inner[step]
    inner[place[-1]] = value
    return manifest


MODEL: list[object] = ["models", 0]
FILE: list[object] = [*MODEL, "files", 0]
# What each field can be wrong with.
SPOILT: list[tuple[list[object], list[object]]] = [
    (["version"], [0, "1", None, [], 1.5]),
    (["settings"], [None, [], "x", {"a": float("nan")}, {"a": float("inf")}]),
    (["models"], [None, {}, [5], [None], ["x"], [[]]]),
    ([*MODEL, "files"], [None, {}, [5], [None], [[]]]),
    ([*MODEL, "task"], [None, 5, "x" * 65]),
    ([*MODEL, "commit"], [None, 5, "../x", "a b", "x" * 129]),
    ([*FILE, "size"], [-1, 1.0, "22", None, True, 2**53, 10**400]),
    ([*FILE, "revision"], [None, 5, "a/b", "?"]),
    ([*FILE, "digest"], [None, "", "sha256:", "md5:00", "git:" + "G" * 40, 5, "sha256:" + "a" * 64 + "\n"]),
]


@pytest.mark.parametrize(
    "manifest",
    [
        *({}, [], None, 5, "text", {"format": "other"}),
        *(changed(place, value) for place, values in SPOILT for value in values),
    ],
)
async def test_a_list_that_is_not_one_is_refused(machine: Machine, manifest: Any) -> None:
    head = json.dumps(manifest).encode()

    with pytest.raises(ImportFailed):
        await machine.take_in(tar_of([(MANIFEST, head), *zip(MEMBERS, FILES.values(), strict=True)]))
    assert await machine.store.records() == ()


async def test_what_is_listed_twice_is_refused(machine: Machine) -> None:
    twice_a_model, twice_a_file = manifest_of(), manifest_of()
    twice_a_model["models"] *= 2
    twice_a_file["models"][0]["files"] *= 2

    for manifest in (twice_a_model, twice_a_file):
        with pytest.raises(ImportFailed, match="listed twice"):
            await machine.take_in(export_of(manifest))


async def test_a_model_that_could_not_be_loaded_is_refused(machine: Machine) -> None:
    for missing in ("config.json", "tokenizer.json", "onnx/model_q4.onnx"):
        contents = {path: data for path, data in FILES.items() if path != missing}

        with pytest.raises(ImportFailed, match="lacks config"):
            await machine.take_in(export_of(contents=contents))
    assert await machine.store.records() == ()


def special(name: str, kind: bytes, size: int = 0, link: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.size, info.linkname = kind, size, link
    return info


HEAD = (MANIFEST, json.dumps(manifest_of()).encode())
BODY = list(zip(MEMBERS, FILES.values(), strict=True))
BAD_ARCHIVES: dict[str, tuple[list[tuple[Any, bytes]], str]] = {
    "no manifest": ([*BODY], "does not come first"),
    "manifest last": ([*BODY, HEAD], "does not come first"),
    "nothing": ([], "does not come first"),
    "empty manifest": ([(MANIFEST, b""), *BODY], "too large or empty"),
    "manifest twice": ([HEAD, HEAD, *BODY], "not in its list"),
    "manifest no json": ([(MANIFEST, b"{" * 100), *BODY], "not an export"),
    "deep manifest": ([(MANIFEST, b"[" * 200_000), *BODY], "not an export"),
    "duplicate": ([HEAD, BODY[0], *BODY], "twice"),
    "duplicate at the end": ([HEAD, *BODY, BODY[1]], "twice"),
    "unlisted": ([HEAD, *BODY, ("models/acme/tiny/more", b"x")], "not in its list"),
    "traversal": ([HEAD, ("models/acme/tiny/../../evil", b"x"), *BODY], "not in its list"),
    "absolute": ([HEAD, ("/models/acme/tiny/config.json", FILES["config.json"]), *BODY[1:]], "not in its list"),
    "missing": ([HEAD, *BODY[:-1]], "in its list and not in it"),
    "longer": ([HEAD, (MEMBERS[0], FILES["config.json"] + b" "), *BODY[1:]], "bytes, not"),
    "shorter": ([HEAD, (MEMBERS[0], FILES["config.json"][:-1]), *BODY[1:]], "bytes, not"),
    "symbolic link": ([HEAD, (special(MEMBERS[0], tarfile.SYMTYPE, link="/etc/passwd"), b"")], "neither a file"),
    "hard link": ([HEAD, (special(MEMBERS[0], tarfile.LNKTYPE, link=MANIFEST), b"")], "neither a file"),
    "device": ([HEAD, (special(MEMBERS[0], tarfile.CHRTYPE), b"")], "neither a file"),
    "sparse": ([HEAD, (special(MEMBERS[0], tarfile.GNUTYPE_SPARSE), b"")], "neither a file"),
}


@pytest.mark.parametrize("name", BAD_ARCHIVES)
async def test_an_archive_that_is_not_as_it_says_is_refused(machine: Machine, name: str) -> None:
    members, reason = BAD_ARCHIVES[name]

    with pytest.raises(ImportFailed, match=reason):
        await machine.take_in(tar_of(members))
    for path, data in (await machine.stored()).items():
        assert data == FILES[path]


@pytest.mark.parametrize(
    "content",
    [b"", b"x", b"PK\x03\x04" + bytes(600), b"<!doctype html>" * 100, bytes(512), bytes(5000), bytes(range(256)) * 8],
)
async def test_a_file_that_is_no_archive_is_refused(machine: Machine, content: bytes) -> None:
    with pytest.raises(ImportFailed):
        await machine.take_in(content, "photo.zip")


def extended(record: bytes, name: str = MEMBERS[0]) -> bytes:
    """An archive whose first model file has a pax header with this content."""
    header = special("PaxHeaders/x", tarfile.XHDTYPE, len(record)).tobuf(tarfile.USTAR_FORMAT)
    head = special(MANIFEST, tarfile.REGTYPE, len(HEAD[1])).tobuf(tarfile.USTAR_FORMAT)
    member = special(name, tarfile.REGTYPE, len(FILES["config.json"])).tobuf(tarfile.USTAR_FORMAT)
    blocks = [head, HEAD[1], header, record, member, FILES["config.json"]]
    return b"".join(block + bytes(-len(block) % 512) for block in blocks) + tar_of(BODY[1:])


async def test_an_extended_header_names_its_file(machine: Machine) -> None:
    record = f"path={MEMBERS[0]}\n".encode()
    await machine.take_in(extended(b"%d %s" % (len(record) + 3, record) + b"20 comment=whatever\n", "short"))

    assert await machine.stored() == FILES


@pytest.mark.parametrize(
    "record",
    [
        *(b"no number\n", b"5 a=b", b"99 a=b\n", b"0 a=b\n", b"-6 a=b\n", b"6 a=b\n\0" * 5, b"7 a:bc\n", b" =\n"),
        *(b"11 size=-1\n", b"12 size=1e3\n", b"28 size=9999999999999999999\n", b"16 size=" + b"9" * 7 + b"\n"),
        *(b"20 path=../../evil\n\n", b"x" * 70_000, b"6 a=\xff\n" * 3 + b"1", "9 ٣=\n".encode()),
    ],
)
async def test_a_damaged_extended_header_is_refused(machine: Machine, record: bytes) -> None:
    with pytest.raises(ImportFailed):
        await machine.take_in(extended(record))
    assert await machine.store.records() == ()


@given_values(st.data())
def test_flipping_any_byte_never_lets_wrong_content_in(data: st.DataObject) -> None:
    content = bytearray(export_of())
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] ^= data.draw(st.integers(1, 255))

    async def attempt() -> None:
        machine = Machine()
        with suppress(ImportFailed):
            await machine.take_in(bytes(content))
        for path, found in (await machine.stored()).items():
            assert found is None or found == FILES.get(path, found)

    asyncio.run(attempt())


async def test_the_browser_losing_the_file_is_said_in_words(machine: Machine) -> None:
    given = GivenFile(path="gone.tabagent", address="blob:gone", size=5)
    with pytest.raises(ImportFailed, match=r"gone\.tabagent.*choose it again"):
        await machine.transfer.take_in([given], "", machine.progress.append)

    machine.fetcher.answers["blob:gone"] = Answer(body=export_of(), cut_after=700)
    with pytest.raises(ImportFailed, match=r"gone\.tabagent.*choose it again"):
        await machine.transfer.take_in([given], "", machine.progress.append)


async def test_several_files_without_an_id_are_refused(machine: Machine) -> None:
    given = GivenFile(path="config.json", address="blob:1", size=5)

    for files_given in ([given, replace(given, path="b")], []):
        with pytest.raises(ImportFailed, match="model's id"):
            await machine.transfer.take_in(files_given, "", machine.progress.append)

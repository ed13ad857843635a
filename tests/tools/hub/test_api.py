"""The Hub's JSON API, as clients read it."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, cast

import pytest

from tests.tools.hub.conftest import CONFIG, REPOSITORY, WEIGHTS, HubClient
from tools.hub import HubRepository, LocalHub, WrongSize


def get_json(client: HubClient, url: str, **headers: str) -> Any:
    received = client.once(url, **headers)
    assert received.status == 200, received.body
    return received.json()


def test_a_model_is_described_with_its_commit_and_files(client: HubClient, hub: LocalHub) -> None:
    model = get_json(client, f"/api/models/{REPOSITORY}")

    assert (model["id"], model["sha"]) == (REPOSITORY, hub.commit(REPOSITORY).sha)
    assert (model["pipeline_tag"], model["library_name"]) == ("text-generation", "transformers.js")
    assert (model["gated"], model["private"]) == (False, False)
    assert {"transformers.js", "onnx", "llama"} <= set(model["tags"])
    assert [file["rfilename"] for file in model["siblings"]] == ["config.json", "empty.txt", "onnx/model.onnx"]


def test_a_commit_id_and_main_describe_the_same_revision(client: HubClient, hub: LocalHub) -> None:
    sha = hub.commit(REPOSITORY).sha

    by_sha = get_json(client, f"/api/models/{REPOSITORY}/revision/{sha}?blobs=true")
    by_name = get_json(client, f"/api/models/{REPOSITORY}/revision/main?blobs=true")

    assert by_sha == by_name
    assert by_sha["siblings"][-1]["lfs"]["sha256"] == hashlib.sha256(WEIGHTS).hexdigest()


def test_the_tree_gives_the_hashes_that_git_and_lfs_would_give(client: HubClient) -> None:
    tree = {entry["path"]: entry for entry in get_json(client, f"/api/models/{REPOSITORY}/tree/main?recursive=true")}

    digest = hashlib.sha256(WEIGHTS).hexdigest()
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{digest}\nsize {len(WEIGHTS)}\n".encode()
    assert tree["onnx/model.onnx"] == {
        "type": "file",
        "path": "onnx/model.onnx",
        "size": len(WEIGHTS),
        "oid": hashlib.sha1(b"blob %d\0%s" % (len(pointer), pointer)).hexdigest(),  # noqa: S324 - git's choice
        "lfs": {"oid": digest, "size": len(WEIGHTS), "pointerSize": len(pointer)},
    }
    assert tree["config.json"]["oid"] == hashlib.sha1(b"blob %d\0%s" % (len(CONFIG), CONFIG)).hexdigest()  # noqa: S324
    assert "lfs" not in tree["config.json"]
    assert tree["onnx"]["type"] == "directory"


def test_the_tree_of_one_folder_lists_that_folder_alone(client: HubClient) -> None:
    top = get_json(client, f"/api/models/{REPOSITORY}/tree/main")
    folder = get_json(client, f"/api/models/{REPOSITORY}/tree/main/onnx")

    assert [entry["path"] for entry in top] == ["config.json", "empty.txt", "onnx"]
    assert [entry["path"] for entry in folder] == ["onnx/model.onnx"]


def test_a_long_tree_comes_in_pages(client: HubClient) -> None:
    first = client.once(f"/api/models/{REPOSITORY}/tree/main?recursive=true&limit=3")
    link = first.headers["link"]
    second = client.once(link[1 : link.index(">")])

    paths = [entry["path"] for page in (first, second) for entry in cast(list[dict[str, str]], page.json())]
    assert paths == ["config.json", "empty.txt", "onnx", "onnx/model.onnx"]
    assert "link" not in second.headers


def test_metadata_can_announce_a_wrong_size(client: HubClient, hub: LocalHub) -> None:
    hub.faults.add("*/onnx/model.onnx", WrongSize(extra=7))

    entry = get_json(client, f"/api/models/{REPOSITORY}/tree/main/onnx")[0]

    assert entry["size"] == entry["lfs"]["size"] == len(WEIGHTS) + 7


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["acme/gated", "acme/tiny", "other/encoder"]),
        ("search=TINY", ["acme/tiny"]),
        ("search=acme+tiny", ["acme/tiny"]),
        ("author=acme", ["acme/gated", "acme/tiny"]),
        ("filter=onnx,feature-extraction", ["other/encoder"]),
        ("pipeline_tag=text-generation&limit=1", ["acme/gated"]),
        ("search=nothing-like-it", []),
    ],
)
def test_search_finds_public_models(client: HubClient, query: str, expected: list[str]) -> None:
    assert [model["id"] for model in get_json(client, f"/api/models?{query}")] == expected


def test_a_bad_page_is_refused(client: HubClient) -> None:
    assert client.once("/api/models?limit=many").status == 400
    assert client.once("/api/models?cursor=%FF").status == 400


def test_an_unknown_revision_is_named_in_the_error(client: HubClient) -> None:
    for path in ("tree/v9", "revision/v9"):
        refused = client.once(f"/api/models/{REPOSITORY}/{path}")

        assert (refused.status, refused.headers["x-error-code"]) == (404, "RevisionNotFound")
        assert "v9" in refused.headers["x-error-message"]


def test_a_revision_may_contain_a_slash(client: HubClient) -> None:
    refused = client.once(f"/api/models/{REPOSITORY}/tree/refs%2Fpr%2F1")

    assert refused.headers["x-error-message"] == "Invalid rev id: refs/pr/1"


def test_a_token_belongs_to_a_user(client: HubClient) -> None:
    known = get_json(client, "/api/whoami-v2", Authorization="Bearer hf_reader")

    assert (known["name"], known["type"]) == ("reader", "user")
    assert client.once("/api/whoami-v2").status == 401
    assert client.once("/api/whoami-v2", Authorization="Bearer hf_wrong").status == 401


def test_an_unknown_api_path_is_not_found(client: HubClient) -> None:
    assert client.once("/api/spaces").status == 404


@pytest.mark.parametrize(
    "path", [f"/api/models/{REPOSITORY}", f"/api/models/{REPOSITORY}/tree/main?recursive=true", "/api/models?limit=1"]
)
def test_what_has_not_changed_is_not_sent_again(client: HubClient, hub: LocalHub, path: str) -> None:
    first = client.once(path)
    tag = first.headers["etag"]

    same = client.once(path, If_None_Match=f'"other", {tag}')
    hub.write("acme/gated", "new.txt", b"new")  # the first in the list of all
    hub.write(REPOSITORY, "new.txt", b"new")
    changed = client.once(f"{path}&full=true" if "limit" in path else path, If_None_Match=tag)

    assert tag.startswith('W/"')
    assert (same.status, same.body, same.headers["etag"]) == (304, b"", tag)
    assert changed.status == 200
    assert changed.headers["etag"] != tag


def test_errors_have_no_tag(client: HubClient) -> None:
    assert "etag" not in client.once("/api/models/acme/unknown").headers


def test_a_tag_may_be_sent_by_a_script(client: HubClient) -> None:
    origin = "chrome-extension://abcdefghijklmnopabcdefghijklmnop"
    answer = client.once(f"/api/models/{REPOSITORY}", "HEAD", Origin=origin)

    assert answer.headers["access-control-allow-origin"] == origin
    assert "etag" in answer.headers


def test_results_are_sorted_by_what_is_asked_for(model_folder: Path, tmp_path: Path) -> None:
    repositories = {
        "a/few": HubRepository(folder=model_folder, downloads=10, likes=30),
        "b/many": HubRepository(folder=model_folder, downloads=1000, likes=20),
        "c/some": HubRepository(folder=model_folder, downloads=100, likes=10),
    }
    with LocalHub(repositories, hash_cache=tmp_path / "h.json") as hub:
        client = HubClient(hub)

        def found(query: str) -> list[str]:
            return [model["id"] for model in get_json(client, f"/api/models?{query}")]

        assert found("sort=downloads&direction=-1") == ["b/many", "c/some", "a/few"]
        assert found("sort=likes&limit=2") == ["a/few", "b/many"]
        assert client.once("/api/models?sort=beauty").status == 400


def test_results_have_the_hubs_usual_fields(client: HubClient) -> None:
    usual = get_json(client, "/api/models?search=tiny&filter=transformers.js&pipeline_tag=text-generation")[0]
    full = get_json(client, "/api/models?search=tiny&full=true")[0]

    assert set(usual) == {
        "_id", "id", "modelId", "likes", "trendingScore", "private", "downloads", "tags", "pipeline_tag",
        "library_name", "createdAt",
    }  # fmt: skip
    assert set(full) - set(usual) == {"author", "gated", "lastModified", "sha", "siblings"}


def test_expand_gives_those_fields_alone(client: HubClient, hub: LocalHub) -> None:
    query = "expand[]=siblings&expand[]=gated&expand[]=sha&expand=safetensors"
    found = get_json(client, f"/api/models?search=tiny&{query}")[0]
    alone = get_json(client, f"/api/models/{REPOSITORY}?expand[]=downloads")

    assert set(found) == {"_id", "id", "siblings", "gated", "sha"}, "there are no weights in safetensors"
    assert found["sha"] == hub.commit(REPOSITORY).sha
    assert {"rfilename": "onnx/model.onnx"} in found["siblings"]
    assert set(alone) == {"_id", "id", "downloads"}


def test_a_field_that_does_not_exist_is_refused(client: HubClient) -> None:
    for path in ("/api/models", f"/api/models/{REPOSITORY}"):
        refused = client.once(f"{path}?expand[]=colour")

        assert refused.status == 400
        assert "colour" in refused.headers["x-error-message"]

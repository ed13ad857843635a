"""Databases as earlier versions left them, made in a page from what the hub serves, while no background runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Page

# Names of object stores and their key paths.
STORES: dict[str, Any] = {"files": "url", "manifest": "repo", "inferenceSettings": "id"}
UNUSED_STORE: dict[str, Any] = {"fileChunks": ["fileId", "chunkIndex"]}
SETTINGS = {"id": "InferenceSettings", "temperature": 0.2, "system_prompt": "Be brief."}
# A key that means nothing to the store and is not its to delete.
FOREIGN_KEY = "selected_model_source"
TOKEN_KEY = "huggingface_token"
HUB = "https://huggingface.co"


@dataclass(frozen=True)
class Shape:
    """A version's way to keep files.

    Attributes:
        name: For the test's name.
        version: Of the database.
        chunk_bytes: Files larger than this lie in pieces of this size; 0 keeps every file whole.
        is_own: Whether it is this project's first form: all files in pieces, as arrays, with their commit.
        record_in_blob: Whether a chunked file's record is JSON in a Blob, not fields.
        unused_store: Whether the database has the store that nothing was ever put in.
    """

    name: str
    version: int
    chunk_bytes: int = 0
    is_own: bool = False
    record_in_blob: bool = False
    unused_store: bool = False

    @property
    def stores(self) -> dict[str, Any]:
        """Key paths of the object stores."""
        return STORES | UNUSED_STORE if self.unused_store else STORES


SHAPES = (
    Shape("whole-1", 1, unused_store=True),
    Shape("whole-2", 2),
    # 100 MiB in earnest. No multiple or part of today's chunks, so that new chunks are made of pieces of two old ones.
    Shape("chunked-1", 1, chunk_bytes=5_000_000),
    Shape("chunked-2", 2, chunk_bytes=7_000_001, record_in_blob=True),
    Shape("own-3", 3, chunk_bytes=8 * 1024 * 1024, is_own=True),
)

_MAKE = """async ({ hub, shape, stores, models, settings, texts }) => {
  const open = indexedDB.open("TabAgentModels", shape.version);
  open.onupgradeneeded = () => {
    for (const [name, keyPath] of Object.entries(stores)) open.result.createObjectStore(name, { keyPath });
  };
  const database = await new Promise((resolve, reject) => {
    open.onsuccess = () => resolve(open.result);
    open.onerror = open.onblocked = () => reject(new Error("the old database does not open"));
  });
  const put = (store, record) => new Promise((resolve, reject) => {
    const transaction = database.transaction(store, "readwrite");
    transaction.objectStore(store).put(record);
    transaction.oncomplete = resolve;
    transaction.onabort = () => reject(transaction.error);
  });
  for (const { repo, commit, paths, entry } of models) {
    for (const path of paths) {
      const address = `${hub}/${repo}/resolve/main/${path}`;
      const response = await fetch(address);
      if (!response.ok) throw new Error(`${address}: ${response.status}`);
      const blob = await response.blob();
      const size = shape.chunkBytes;
      if (!size || (blob.size <= size && !shape.isOwn)) {
        await put("files", { url: address, blob });
        continue;
      }
      const group = `${repo}/${path}`, totalChunks = Math.ceil(blob.size / size);
      const record = {
        id: `${group}:manifest`, type: "manifest", chunkGroupId: group, fileName: path, totalChunks,
        chunkSizeUsed: size, size: blob.size, status: "present",
        ...(shape.isOwn ? { revision: commit, etag: "" } : {}),
      };
      const text = new Blob([JSON.stringify(record)], { type: "application/json" });
      await put("files", { url: `${group}:manifest`, ...(shape.recordInBlob ? { blob: text } : record) });
      for (let index = 0; index < totalChunks; index += 1) {
        const chunk = blob.slice(index * size, (index + 1) * size, "application/octet-stream");
        const content = shape.isOwn ? { data: new Uint8Array(await chunk.arrayBuffer()) } : { blob: chunk };
        await put("files", { url: `${group}_chunk_${index}`, ...content });
      }
    }
    await put("manifest", entry);
  }
  await put("inferenceSettings", settings);
  for (const [url, text] of Object.entries(texts)) await put("files", { url, blob: new Blob([text]) });
  database.close();
}"""

_LOOK = """async () => {
  const open = indexedDB.open("TabAgentModels");
  const database = await new Promise((resolve, reject) => {
    open.onsuccess = () => resolve(open.result);
    open.onerror = () => reject(open.error);
  });
  const get = (store, method) => new Promise((resolve, reject) => {
    if (!database.objectStoreNames.contains(store)) return resolve([]);
    const request = database.transaction(store).objectStore(store)[method]();
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  const found = {
    version: database.version,
    keys: await get("files", "getAllKeys"),
    records: (await get("fileRecords", "getAll")).map(({ repo, path, size, whole }) => ({ repo, path, size, whole })),
    settings: await get("inferenceSettings", "getAll"),
    chunks: (await get("chunkDigests", "getAll")).join(",").split(",").filter(Boolean).length,
  };
  database.close();
  for (const record of found.records) {
    try {
      const root = await navigator.storage.getDirectory();
      const models = await root.getDirectoryHandle("models");
      const folder = await models.getDirectoryHandle(encodeURIComponent(record.repo));
      record.onDisk = (await (await folder.getFileHandle(encodeURIComponent(record.path))).getFile()).size;
    } catch {
      record.onDisk = -1;
    }
  }
  return found;
}"""


@dataclass(frozen=True)
class OldModel:
    """A model that an old profile has.

    Attributes:
        commit: That its files are of.
        sizes: Bytes of its files, by path.
    """

    repo: str
    commit: str
    sizes: dict[str, int]

    def entry(self, shape: Shape) -> dict[str, Any]:
        """Return what the old manifest says of it."""
        graph = next(path for path in self.sizes if path.endswith(".onnx"))
        weights = [path for path in self.sizes if path.startswith("onnx/")]
        quant: dict[str, Any] = {
            "files": list(self.sizes),
            "status": "downloaded",
            "dtype": "q8",
            "hasExternalData": len(weights) > 1,
        }
        entry: dict[str, Any] = {"repo": self.repo, "task": "text-generation", "manifestVersion": 1}
        if shape.is_own:
            described = {path: {"path": path, "size": size, "sha256": None} for path, size in self.sizes.items()}
            common = [described[path] for path in self.sizes if path not in weights]
            entry |= {"manifestVersion": 2, "commit": self.commit, "common": common}
            quant |= {"weights": [described[path] for path in weights], "reason": ""}
        return {**entry, "quants": {graph: quant}}


def make_old_profile(page: Page, shape: Shape, models: list[OldModel], token: str = "") -> None:
    """Make the database of an earlier version."""
    page.evaluate(
        _MAKE,
        {
            "hub": HUB,
            "shape": {
                "version": shape.version,
                "chunkBytes": shape.chunk_bytes,
                "isOwn": shape.is_own,
                "recordInBlob": shape.record_in_blob,
            },
            "stores": shape.stores,
            "models": [
                {"repo": model.repo, "commit": model.commit, "paths": list(model.sizes), "entry": model.entry(shape)}
                for model in models
            ],
            "settings": SETTINGS,
            "texts": {FOREIGN_KEY: "local"} | ({TOKEN_KEY: token} if token else {}),
        },
    )


@dataclass(frozen=True)
class Found:
    """What lies in a profile.

    Attributes:
        version: Of the database.
        keys: In the old store.
        whole: Files that the new store has, by repository and path, with their bytes on the disk.
        settings: The old ones.
        steps: How many chunks and whole files the new store has written down.
    """

    version: int
    keys: list[str]
    whole: dict[tuple[str, str], int]
    settings: list[dict[str, Any]]
    steps: int

    def lost(self, shape: Shape, models: list[OldModel]) -> list[str]:
        """Return the files that neither the old place nor the new one has whole."""
        return [
            path
            for model in models
            for path, size in model.sizes.items()
            if self.whole.get((model.repo, path), -1) < size
            and not set(_keys(shape, model.repo, path, size)) <= set(self.keys)
        ]


def _keys(shape: Shape, repo: str, path: str, size: int) -> list[str]:
    if not shape.chunk_bytes or (size <= shape.chunk_bytes and not shape.is_own):
        return [f"{HUB}/{repo}/resolve/main/{path}"]
    count = -(-size // shape.chunk_bytes)
    return [f"{repo}/{path}:manifest", *(f"{repo}/{path}_chunk_{index}" for index in range(count))]


def look_into(page: Page) -> Found:
    """Return what lies in the profile now."""
    found = page.evaluate(_LOOK)
    whole = {(record["repo"], record["path"]): record["onDisk"] for record in found["records"] if record["whole"]}
    return Found(
        version=found["version"],
        keys=found["keys"],
        whole=whole,
        settings=found["settings"],
        steps=found["chunks"] + len(whole),
    )

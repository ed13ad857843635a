"""Plain descriptions that the services share: models, files, devices. No behaviour, no I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from tabagent.errors import JsonObject, JsonValue


class Dtype(StrEnum):
    """Weight formats by their transformers.js names (`DEFAULT_DTYPE_SUFFIX_MAPPING` in its utils/dtypes.js)."""

    FP32 = "fp32"
    FP16 = "fp16"
    Q8 = "q8"
    INT8 = "int8"
    UINT8 = "uint8"
    Q4 = "q4"
    Q4F16 = "q4f16"
    BNB4 = "bnb4"
    Q2 = "q2"
    Q2F16 = "q2f16"
    Q1 = "q1"
    Q1F16 = "q1f16"


class Device(StrEnum):
    """Execution providers of ONNX Runtime Web that TabAgent uses."""

    WEBGPU = "webgpu"
    WASM = "wasm"


class QuantStatus(StrEnum):
    """State of one dtype of a model in the manifest; values as in TabAgent's databases."""

    AVAILABLE = "available"
    DOWNLOADED = "downloaded"
    FAILED = "failed"
    NOT_FOUND = "not_found"
    UNAVAILABLE = "unavailable"
    UNSUPPORTED = "unsupported"
    SERVER_ONLY = "server_only"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceReport:
    """What this machine can compute with.

    Attributes:
        webgpu: An adapter was really obtained.
        f16: The adapter has the feature `shader-f16`.
        threads: WASM threads that will be used; 1 when the page is not cross-origin isolated.
        adapter: Vendor and architecture of the adapter, or an empty string.
        memory: Bytes of the machine's memory as far as the browser tells, which stops at some size; 0 for unknown.
        software: The adapter computes on the processor, slower than WASM does.
        max_buffer: Bytes of the largest buffer that the adapter gives (`maxBufferSize`); 0 for unknown.
        max_binding: Bytes of it that a shader sees at once (`maxStorageBufferBindingSize`); 0 for unknown.
        cores: Logical processors that WASM threads may use; 0 for unknown.
    """

    webgpu: bool
    f16: bool
    threads: int
    adapter: str = ""
    memory: int = 0
    software: bool = False
    max_buffer: int = 0
    max_binding: int = 0
    cores: int = 0

    def with_threads(self, wanted: int) -> DeviceReport:
        """Return the report with the threads that the person wants, if there are as many cores; 0 changes nothing."""
        if wanted == 0:
            return self
        return replace(self, threads=min(wanted, self.cores) if self.cores else wanted)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFile:
    """One file of a repository.

    Attributes:
        path: Path inside the repository, with `/`.
        size: Bytes.
        digest: What the hub says of the content: `sha256:` and 64 hexadecimal digits (`lfs.oid`), or `git:` and the 40
            of git's blob id for files outside of LFS; None when it says nothing.
    """

    path: str
    size: int
    digest: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RepositoryListing:
    """What the hub says of a repository at one commit.

    Attributes:
        etag: Validator of the answer that named the commit, so that the next question can be "is there a newer one?".
    """

    repo: str
    commit: str
    task: str
    files: tuple[ModelFile, ...]
    etag: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quant:
    """The files of one dtype of a model.

    Attributes:
        weights: The `.onnx` file and its external data files.
        status: What the store holds of it.
        reason: Why it failed, for the person (see `tabagent.sentences`); empty otherwise.
        last_used: When it was last loaded, in milliseconds since 1970; 0 for never.
        settings: What the person set for it, by the names of `tabagent.parameters.GenerationSettings`.
    """

    dtype: Dtype
    weights: tuple[ModelFile, ...]
    status: QuantStatus = QuantStatus.AVAILABLE
    reason: str = ""
    last_used: int = 0
    settings: Mapping[str, JsonValue] = field(default_factory=dict)

    @property
    def onnx_path(self) -> str:
        """Path of the graph; the key of the quant in TabAgent's manifest."""
        return self.weights[0].path

    @property
    def size(self) -> int:
        """Bytes of the weights together."""
        return sum(file.size for file in self.weights)


@dataclass(frozen=True, slots=True, kw_only=True)
class ManifestEntry:
    """What TabAgent knows of one repository; kept in the store `manifest`.

    Attributes:
        repo: The model's id: `owner/name` on the Hugging Face Hub, `host/owner/name` on another one.
        commit: That the files belong to; empty when nobody knows, as for files that were brought in from a disk.
        common: Configuration and tokenizer, needed with every dtype.
        etag: See `RepositoryListing`.
        newer: The hub's newest commit where it changes files that are stored; they stay as they are, at `commit`, until
            the model is deleted. Empty otherwise.
        webgpu_failed: Why the model does not run on WebGPU here; empty when it does, or was not tried.
    """

    repo: str
    commit: str
    task: str
    common: tuple[ModelFile, ...]
    quants: tuple[Quant, ...]
    etag: str = ""
    newer: str = ""
    webgpu_failed: str = ""

    def files_of(self, quant: Quant) -> tuple[ModelFile, ...]:
        """Return everything that loading a quant needs."""
        return (*self.common, *quant.weights)

    def quant(self, dtype: Dtype) -> Quant | None:
        """Return the quant of `dtype`, or None when the repository has none."""
        return next((quant for quant in self.quants if quant.dtype == dtype), None)


@dataclass(frozen=True, slots=True)
class FileKey:
    """Names a stored file: repository and path inside it."""

    repo: str
    path: str


class Backend(StrEnum):
    """Where the bytes of a file lie."""

    INDEXED_DB = "indexeddb"
    OPFS = "opfs"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRecord:
    """What is stored of a file: which chunks, and whether the file is whole and verified.

    Attributes:
        revision: Commit that the bytes belong to; empty when unknown.
        size: Bytes of the file.
        chunk_size: Bytes of every chunk but the last.
        etag: Validator that the hub sent with the bytes; may be empty.
        digest: Of the whole content, in the form of `ModelFile.digest`; of a whole file it has been verified.
        backend: Which chunk store has the chunks.
        chunks: Digest of each chunk by its number (`Hasher.chunk_digest`); empty where the chunk is missing.
        whole: Every chunk is stored and the whole file's digest was right.
    """

    key: FileKey
    revision: str
    size: int
    chunk_size: int
    etag: str = ""
    digest: str | None = None
    backend: Backend = Backend.INDEXED_DB
    chunks: tuple[str, ...] = ()
    whole: bool = False

    @property
    def chunk_count(self) -> int:
        """Number of chunks; an empty file has none."""
        return -(-self.size // self.chunk_size)

    @property
    def missing(self) -> tuple[int, ...]:
        """Numbers of the chunks that are not stored."""
        stored = self.chunks
        return tuple(index for index in range(self.chunk_count) if index >= len(stored) or not stored[index])

    @property
    def stored_bytes(self) -> int:
        """Bytes of the chunks that are stored."""
        return self.size - sum(self.length_of(index) for index in self.missing)

    def length_of(self, index: int) -> int:
        """Return the bytes of one chunk."""
        return min(self.chunk_size, self.size - index * self.chunk_size)

    def with_chunks(self, digests: Mapping[int, str]) -> FileRecord:
        """Return the record with other digests of some chunks; an empty one says that the chunk is missing."""
        chunks = list(self.chunks) + [""] * (self.chunk_count - len(self.chunks))
        for index, digest in digests.items():
            chunks[index] = digest
        return replace(self, chunks=tuple(chunks))


@dataclass(frozen=True, slots=True)
class ChunkInfo:
    """How a file is stored; the plan's `getChunkInfo`.

    Attributes:
        total_chunks, stored_chunks: Of the file, and of those that are there.
        total_size, stored_size: Bytes.
        whole: Verified to the last byte.
    """

    total_chunks: int
    stored_chunks: int
    total_size: int
    stored_size: int
    whole: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SpaceReport:
    """The browser's storage for this extension, in bytes.

    Attributes:
        persisted: The browser promised not to clear it by itself.
    """

    usage: int
    quota: int
    persisted: bool

    @property
    def free(self) -> int:
        """What can still be stored."""
        return max(0, self.quota - self.usage)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadSpec:
    """A model that is to be loaded, with everything decided.

    Attributes:
        threads: WASM threads to compute with.
    """

    repo: str
    commit: str
    dtype: Dtype
    device: Device
    task: str
    onnx_file: str
    external_data_files: int
    threads: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedModel:
    """A model that is ready to generate.

    Attributes:
        context_length: Tokens that the model can attend to.
        dynamic_quantization: Activations are quantized at run time with one scale for a whole pass, so that a prompt
            has to be passed in pieces with the first token alone (see `tabagent.generation.prefill`).
        alike_alone: A token that is computed alone has the keys and values that it has in a longer pass. Not so where
            activations are quantized: ONNX Runtime's attention rounds differently for one token, and a difference in
            the last bit can grow to a quantization step.
        end_tokens: That end an answer.
        defaults: What the model's `generation_config.json` says of sampling, by the names of `GenerationSettings`.
        has_template: The tokenizer brings a chat template.
        weight_bytes: Size of the weights.
    """

    spec: LoadSpec
    context_length: int
    dynamic_quantization: bool
    alike_alone: bool = True
    end_tokens: frozenset[int] = frozenset()
    pad_token: int | None = None
    bos_token: int | None = None
    defaults: Mapping[str, JsonValue] = field(default_factory=dict)
    has_template: bool = True
    weight_bytes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachedText:
    """The text of something that was attached to a question: a file, a page, a selection.

    Attributes:
        name: A file's name or a page's title.
        text: What could be read of it.
        url: A page's address; empty for files.
    """

    name: str
    text: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """One turn of a conversation.

    Attributes:
        role: system, user, assistant or tool.
        content: The text; may be empty where there are tool calls.
        name: Of the tool whose result this is, or of who speaks.
        tool_calls: What the assistant asked for, as the models' templates expect it.
        tool_call_id: Of the call that this is the result of.
    """

    role: str
    content: str
    name: str = ""
    tool_calls: tuple[JsonObject, ...] = ()
    tool_call_id: str = ""

    def to_template(self) -> JsonObject:
        """Return what chat templates read; fields that are not there are left away, since templates ask for them."""
        turn: JsonObject = {"role": self.role, "content": self.content}
        if self.name:
            turn["name"] = self.name
        if self.tool_calls:
            turn["tool_calls"] = list(self.tool_calls)
        if self.tool_call_id:
            turn["tool_call_id"] = self.tool_call_id
        return turn

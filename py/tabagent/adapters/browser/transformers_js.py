"""`InferenceEngine` on transformers.js and ONNX Runtime Web, by way of transformers-js-py.

transformers-js-py imports transformers.js with JavaScript's `eval` from a CDN; Manifest V3 forbids both. So the
packaged module is handed to it here, in `_adopt`, and nothing else of the project knows. Its proxies convert every
result deeply, so the token path holds the JavaScript objects themselves (`js_*`).

One failed load or run leaves transformers.js unusable in its realm (its promise chains keep the rejection,
huggingface/transformers.js#1767): after an error of this engine the thread must end.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import Awaitable, Mapping, Sequence
from typing import Any, TypeVar, cast

from pyodide.ffi import JsException, JsProxy, create_proxy
from transformers_js_py import proxies as tjs_proxies

from tabagent.adapters.browser.devices import probe_devices
from tabagent.adapters.browser.ffi import describe, int64_array, js_json, js_object, plain_json
from tabagent.adapters.browser.host import JsHost
from tabagent.adapters.browser.kv_cache import DynamicKvCache
from tabagent.adapters.browser.logits import JsLogits
from tabagent.adapters.browser.message_gap import MessageGap
from tabagent.adapters.browser.model_cache import ModelCache, engine_name
from tabagent.adapters.browser.resident_cache import OrtError, ResidentKvCache, ResidentRunner
from tabagent.engine_errors import DeviceLost, EngineError, GenerationFailed, LoadFailed, OutOfMemory, TemplateFailed
from tabagent.errors import JsonObject, JsonValue, TabAgentError
from tabagent.models.architecture import context_length, per_token_dtypes, token_ids
from tabagent.models.quants import DYNAMICALLY_QUANTIZED, NEVER_QUANTIZED
from tabagent.parameters import Layer, accepted
from tabagent.ports.engine import KvCache
from tabagent.specs import ChatMessage, Device, DeviceReport, LoadedModel, LoadSpec

logger = logging.getLogger(__name__)

T = TypeVar("T")

# How long after a failed pass the device may tell that it is lost.
LOST_SECONDS = 0.5

# Passes that show whether a graph computes the same over resident buffers: a prompt, and a token after it. Any will do.
TRIAL = ((1, 2, 3), (4,))

# Positions of these models' tokens begin with 1 (`decoder_forward` in transformers.js's models/modeling_utils.js).
COUNT_FROM_ONE = frozenset({"paligemma", "gemma3_text", "gemma3"})

# What ONNX Runtime, V8 and Dawn say (seen, and from their sources); everything else is a failure of another kind.
_NO_MEMORY = re.compile(
    r"out.of.memory|bad.?alloc|failed to allocate|allocation failed|memory access out of bounds", re.IGNORECASE
)
_LOST = re.compile(r"device (?:is |was )?lost|lost.{0,20}device|device.{0,20}destroyed|instance dropped", re.IGNORECASE)


class TransformersJsEngine:
    """One model in this realm.

    Args:
        js_host: Imports the packaged module.
        cache: Serves the stored files.
        resident: Keep KV caches in ONNX Runtime's memory where the model can use that.
    """

    def __init__(self, js_host: JsHost, cache: ModelCache, *, resident: bool = True) -> None:
        self._js_host, self._cache, self._wants_resident = js_host, cache, resident
        self._spec: LoadSpec | None = None
        self._js_module: Any = None
        self._js_model: Any = None
        self._js_tokenizer: Any = None
        self._js_ones: Any = None
        self._takes_rows = False
        self._gap = MessageGap(js_host)
        self._js_ort: Any = None
        self._resident: ResidentRunner | None = None
        self._chat_template: str | None = None
        self._lost: asyncio.Future[str] | None = None

    async def probe(self) -> DeviceReport:
        """Ask for a WebGPU adapter and count threads."""
        return await probe_devices()

    async def prepare(self) -> None:
        """Import transformers.js, so that a load finds it there."""
        await self._js_host.importEngine()

    async def load(self, spec: LoadSpec) -> LoadedModel:
        """Load tokenizer and weights from the store."""
        self._spec = spec
        try:
            tjs = await self._adopt(spec)
            self._cache.hold_back_end_until(asyncio.ensure_future(_started(self._js_module.env.backends.onnx)))
            tokenizer, model = await self._cache.or_failure(_from_pretrained(tjs, spec))
        except JsException as error:
            raise self._failure("load", error) from error
        except TabAgentError as error:
            cause = error.message.rstrip(".")
            raise LoadFailed(spec.repo, spec.dtype, spec.device, cause, damaged=True) from error
        self._js_tokenizer, self._js_model = tokenizer._js_obj, model._js_obj
        await self._settle(spec)
        return await self._describe(spec)

    def render(self, messages: Sequence[ChatMessage], variables: Mapping[str, JsonValue]) -> str:
        """Apply the chat template."""
        turns = [message.to_template() for message in messages]
        options: JsonObject = {"tokenize": False, "add_generation_prompt": True, **variables}
        if self._chat_template is not None:
            options["chat_template"] = self._chat_template
        try:
            return str(self._js_tokenizer.apply_chat_template(js_json(turns), js_json(options)))
        except JsException as error:
            raise TemplateFailed(describe(error)) from error

    def encode(self, text: str) -> list[int]:
        """Tokenize."""
        if not text:
            return []
        js_ids = self._js_tokenizer.encode(text, js_json({"add_special_tokens": False}))
        return [int(token) for token in js_ids.to_py()]

    def decode(self, token_ids: Sequence[int]) -> str:
        """Return the text of tokens."""
        if not token_ids:
            return ""
        return str(self._js_tokenizer.decode(js_json(list(token_ids)), self._js_decoding))

    def new_cache(self) -> KvCache:
        """Return an empty cache, in ONNX Runtime's memory where the model can use that."""
        if self._resident is not None:
            return self._resident.new_cache()
        return DynamicKvCache(self._js_module, self._js_model)

    async def forward(self, cache: KvCache, token_ids: Sequence[int], *, logits: bool = True) -> JsLogits | None:
        """Compute tokens into a cache."""
        js_scores = await self._compute(cache, token_ids, 1)
        return JsLogits(self._js_module, js_scores) if logits else None

    async def forward_each(self, cache: KvCache, token_ids: Sequence[int]) -> Sequence[JsLogits]:
        """Compute tokens into a cache, with the scores after each."""
        count = len(token_ids)
        js_scores = await self._compute(cache, token_ids, count)
        return [JsLogits(self._js_module, js_scores, back) for back in reversed(range(count))]

    @property
    def heap_bytes(self) -> int:
        """Bytes of ONNX Runtime's memory; 0 before the first load."""
        return int(self._js_ort.HEAPU8.byteLength) if self._js_ort is not None else 0

    async def _compute(self, cache: KvCache, token_ids: Sequence[int], rows: int) -> Any:
        """Return the scores of at least the last `rows` tokens."""
        await self._gap.let_messages_in()
        try:
            if isinstance(cache, ResidentKvCache) and self._resident is not None:
                return await self._resident.forward(cache, token_ids, rows)
            return await self._forward(cast(DynamicKvCache, cache), token_ids, rows)
        except (JsException, OrtError) as error:
            raise self._failure("prefill" if len(token_ids) > 1 else "decode", error) from error

    async def _forward(self, cache: DynamicKvCache, token_ids: Sequence[int], rows: int = 1) -> Any:
        """Compute tokens with transformers.js."""
        js_inputs = js_object(
            {
                "input_ids": self._tensor(int64_array(token_ids), len(token_ids)),
                "attention_mask": self._mask(cache.length + len(token_ids)),
                "past_key_values": cache.js_cache,
            }
        )
        if self._takes_rows:
            js_inputs.num_logits_to_keep = self._js_module.Tensor.new("int64", int64_array([rows]), js_json([]))
        js_outputs = await self._unless_lost(self._js_model.forward(js_inputs))
        cache.take(js_outputs, len(token_ids))
        return js_outputs.logits

    async def unload(self) -> None:
        """Dispose the sessions."""
        if self._js_model is None:
            return
        js_model, self._js_model = self._js_model, None
        try:
            await js_model.dispose()
        except JsException as error:
            # The thread ends next, which frees everything; nothing depends on this.
            logger.warning("disposing the model failed: %s", describe(error))

    async def _adopt(self, spec: LoadSpec) -> Any:
        """Hand the packaged transformers.js to transformers-js-py and set it up for this realm."""
        self._js_module = js_module = await self._js_host.importEngine()
        tjs_proxies._TRANSFORMERS_JS = js_module
        js_env = js_module.env
        js_env.allowLocalModels = False
        js_env.useBrowserCache = False
        # Otherwise a blob: copy of ONNX Runtime's glue is made, which the extension's CSP forbids to import.
        js_env.useWasmCache = False
        js_env.useCustomCache = True
        js_env.customCache = self._cache.serve(spec.repo)
        js_env.fetch = self._cache.refusing_fetch()
        js_env.logLevel = js_module.LogLevel.ERROR
        js_onnx = js_env.backends.onnx
        js_onnx.wasm.proxy = False
        js_onnx.wasm.numThreads = spec.threads
        js_onnx.webgpu.powerPreference = "high-performance"
        return tjs_proxies.TjsModuleProxy(js_module)

    async def _settle(self, spec: LoadSpec) -> None:
        """Set up what generation needs besides the model."""
        self._js_decoding = js_json({"skip_special_tokens": True, "clean_up_tokenization_spaces": False})
        self._takes_rows = "num_logits_to_keep" in self._js_model.sessions.model.inputNames
        if not self._js_tokenizer.chat_template:
            self._chat_template = await self._cache.text("chat_template.jinja")
        self._js_ort = await self._js_module.env.backends.onnx.module()
        if spec.device is Device.WEBGPU:
            await self._watch_device()
        elif self._wants_resident:
            await self._try_resident()

    async def _try_resident(self) -> None:
        """Keep KV caches in ONNX Runtime's memory, if the model's graph computes the same that way."""
        try:
            first = 1 if str(self._js_model.config.model_type) in COUNT_FROM_ONE else 0
            runner = ResidentRunner(self._js_module, self._js_ort, self._js_model.sessions.model, first)
        except OrtError as error:
            logger.info("key/value caches are copied: %s", error)
            return
        usual, expected = DynamicKvCache(self._js_module, self._js_model), []
        for tokens in TRIAL:
            js_scores = await self._forward(usual, tokens)
            expected.append((tokens, JsLogits(self._js_module, js_scores).read()))
        trial = runner.new_cache()
        if await runner.agrees(trial, expected):
            self._resident = runner
        await trial.release()

    async def _describe(self, spec: LoadSpec) -> LoadedModel:
        config = plain_json(self._js_model.config)
        js_generation = self._js_model.generation_config
        generation = plain_json(js_generation) if js_generation else {}
        tokenizer_config = json.loads(await self._cache.text("tokenizer_config.json") or "{}")
        tokens = token_ids(config, generation, tokenizer_config, self._token)
        whole_passes = spec.dtype not in DYNAMICALLY_QUANTIZED or spec.dtype in per_token_dtypes(config)
        return LoadedModel(
            spec=spec,
            context_length=context_length(config),
            dynamic_quantization=not whole_passes,
            alike_alone=spec.dtype in NEVER_QUANTIZED,
            end_tokens=tokens.end,
            pad_token=tokens.pad,
            bos_token=tokens.bos,
            defaults=_defaults(generation),
            has_template=bool(self._chat_template or self._js_tokenizer.chat_template),
        )

    def _token(self, text: str) -> int | None:
        """Return the id of a token by its text."""
        found = self.encode(text)
        return found[0] if len(found) == 1 else None

    async def _watch_device(self) -> None:
        """Hear of the loss of the graphics device, on which ONNX Runtime may wait for ever."""
        js_device = self._js_module.env.backends.onnx.webgpu.device
        if hasattr(js_device, "then"):
            # As the types have it; the build with WebGPU in native code gives the device itself.
            js_device = await js_device
        lost = self._lost = asyncio.get_running_loop().create_future()

        def on_lost(js_info: JsProxy) -> None:
            if not lost.done():
                lost.set_result(str(js_info.message or js_info.reason))

        # It lives as long as the thread.
        getattr(js_device.lost, "then")(create_proxy(on_lost))  # noqa: B009 - `then` of a JsProxy is Python's own

    async def _unless_lost(self, run: Awaitable[T]) -> T:
        if self._lost is None:
            return await run
        task = asyncio.ensure_future(run)
        both: set[asyncio.Future[Any]] = {task, self._lost}
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        if task.done() and task.exception() is not None:
            # What ONNX Runtime says of a lost device names a buffer; the device itself says so a moment later.
            await asyncio.wait({self._lost}, timeout=LOST_SECONDS)
        if self._lost.done() and not (task.done() and task.exception() is None):
            task.cancel()
            raise self._lost_error(self._lost.result())
        return task.result()

    def _tensor(self, js_values: Any, length: int) -> Any:
        return self._js_module.Tensor.new("int64", js_values, js_json([1, length]))

    def _mask(self, length: int) -> Any:
        """Return ones for every token; views of one array that grows."""
        if self._js_ones is None or int(self._js_ones.length) < length:
            self._js_ones = int64_array([1] * max(1024, 2 * length))
        return self._tensor(self._js_ones.subarray(0, length), length)

    def _lost_error(self, cause: str) -> DeviceLost:
        spec = self._spec
        assert spec is not None, "only a loaded model computes"  # noqa: S101 - a bug, not an input
        return DeviceLost(spec.repo, spec.dtype, spec.device, "decode", cause)

    def _failure(self, phase: str, error: Exception) -> EngineError:
        spec, cause = self._spec, describe(error)
        assert spec is not None, "load comes first"  # noqa: S101 - a bug, not an input
        about = (spec.repo, str(spec.dtype), str(spec.device))
        if _LOST.search(cause):
            return DeviceLost(*about, phase, cause)
        if _NO_MEMORY.search(cause):
            return OutOfMemory(*about, phase, cause)
        return LoadFailed(*about, cause) if phase == "load" else GenerationFailed(*about, phase, cause)


async def _from_pretrained(tjs: Any, spec: LoadSpec) -> tuple[Any, Any]:
    """Return tokenizer and model; one is parsed while the other is read."""
    name = engine_name(spec.repo)
    options = {"revision": spec.commit or "main"}
    weights = {
        **options,
        "dtype": str(spec.dtype),
        "device": str(spec.device),
        "use_external_data_format": spec.external_data_files,
    }
    tokenizer, model = await asyncio.gather(
        tjs.AutoTokenizer.from_pretrained(name, options), tjs.AutoModelForCausalLM.from_pretrained(name, weights)
    )
    return tokenizer, model


async def _started(js_onnx: Any) -> None:
    """Start ONNX Runtime; when that fails, the model's own session tells why."""
    try:
        await js_onnx.start()
    except JsException as error:
        logger.warning("ONNX Runtime did not start early: %s", describe(error))


def _defaults(generation: Layer) -> JsonObject:
    """Return what a model's generation config says of sampling; its token ids are read with those of other files."""
    return accepted({name: value for name, value in generation.items() if not name.endswith("_token_id")})

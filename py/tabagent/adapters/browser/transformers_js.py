"""`InferenceEngine` on transformers.js and ONNX Runtime Web, by way of transformers-js-py.

transformers-js-py imports transformers.js with JavaScript's `eval` from a CDN; Manifest V3 forbids both. So the
packaged module is handed to it here, in `_adopt`, and nothing else of the project knows. Its proxies convert every
result deeply, so the token path holds the JavaScript objects themselves (`js_*`).

One failed load or run leaves transformers.js unusable in its realm (its promise chains keep the rejection,
huggingface/transformers.js#1767): after an error of this engine the thread must end.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import Any

from pyodide.ffi import JsException, JsProxy
from transformers_js_py import proxies as tjs_proxies

from tabagent.adapters.browser.devices import probe_devices
from tabagent.adapters.browser.ffi import describe, int64_array, js_json, js_object, owned_proxies, plain_json
from tabagent.adapters.browser.host import JsHost
from tabagent.adapters.browser.model_cache import ModelCache, engine_name
from tabagent.errors import GenerationFailed, LoadFailed, TabAgentError, TemplateFailed
from tabagent.models.architecture import context_length, end_token_ids
from tabagent.models.quants import DYNAMICALLY_QUANTIZED
from tabagent.ports.engine import TokenSink
from tabagent.specs import ChatMessage, DeviceReport, GenerationSettings, LoadedModel, LoadSpec

logger = logging.getLogger(__name__)

# Names of KV-cache outputs and of the inputs that they become (`getPastKeyValues` in transformers.js 4.3).
CACHE_NAMES = (
    ("present_ssm", "past_ssm"),
    ("present_conv", "past_conv"),
    ("present_recurrent", "past_recurrent"),
    ("present_compressor", "past_compressor"),
    ("present_indexer", "past_indexer"),
    ("present", "past_key_values"),
)


class TransformersJsEngine:
    """One model in this realm.

    Args:
        js_host: Imports the packaged module.
        cache: Serves the stored files.
    """

    def __init__(self, js_host: JsHost, cache: ModelCache) -> None:
        self._js_host, self._cache = js_host, cache
        self._spec: LoadSpec | None = None
        self._js_module: Any = None
        self._js_model: Any = None
        self._js_tokenizer: Any = None
        self._js_kv_cache: Any = None
        self._js_stopping: Any = None
        self._chat_template: str | None = None
        self._end_tokens: frozenset[int] = frozenset()
        self._keeps_last_logits = False

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
            raise LoadFailed(spec.repo, spec.dtype, spec.device, describe(error)) from error
        except TabAgentError as error:
            cause = error.message.rstrip(".")
            raise LoadFailed(spec.repo, spec.dtype, spec.device, cause, damaged=True) from error
        self._js_tokenizer, self._js_model = tokenizer._js_obj, model._js_obj
        await self._settle(spec)
        return LoadedModel(
            spec=spec,
            context_length=context_length(plain_json(self._js_model.config)),
            dynamic_quantization=spec.dtype in DYNAMICALLY_QUANTIZED,
        )

    def encode(self, messages: Sequence[ChatMessage]) -> list[int]:
        """Apply the chat template and tokenize."""
        turns = [{"role": message.role, "content": message.content} for message in messages]
        options: dict[str, Any] = {"tokenize": False, "add_generation_prompt": True}
        if self._chat_template is not None:
            options["chat_template"] = self._chat_template
        try:
            text = self._js_tokenizer.apply_chat_template(js_json(turns), js_json(options))
            js_ids = self._js_tokenizer.encode(text, js_json({"add_special_tokens": False}))
        except JsException as error:
            raise TemplateFailed(describe(error)) from error
        return [int(token) for token in js_ids]

    async def prefill(self, token_ids: Sequence[int]) -> None:
        """Compute tokens into the KV cache."""
        past = self._cached_tokens()
        inputs = {**self._inputs(token_ids, past + len(token_ids)), "past_key_values": self._js_kv_cache}
        if self._keeps_last_logits:
            inputs["num_logits_to_keep"] = self._js_module.Tensor.new("int64", int64_array([1]), js_json([]))
        try:
            js_outputs = await self._js_model.forward(js_object(inputs))
        except JsException as error:
            raise self._failure("prefill", error) from error
        entries: dict[str, JsProxy] = {}
        for name in js_outputs.object_keys():
            tensor = getattr(js_outputs, name)
            for present, past_name in CACHE_NAMES:
                if name.startswith(present):
                    entries[name.replace(present, past_name, 1)] = tensor
                    break
            else:
                tensor.dispose()
        self._js_kv_cache.update(js_object(entries))

    async def decode(self, token_ids: Sequence[int], settings: GenerationSettings, sink: TokenSink) -> bool:
        """Generate, streaming text and token counts to `sink`."""
        counted = 0

        def on_tokens(js_tokens: JsProxy) -> None:
            nonlocal counted
            counted += int(js_tokens.length)
            sink("", counted)

        def on_text(text: str) -> None:
            sink(text, counted)

        self._js_stopping.reset()
        with owned_proxies(on_tokens, on_text) as (js_on_tokens, js_on_text):
            js_streamer = self._js_module.TextStreamer.new(
                self._js_tokenizer,
                js_object(
                    {
                        "skip_prompt": True,
                        "skip_special_tokens": True,
                        "token_callback_function": js_on_tokens,
                        "callback_function": js_on_text,
                    }
                ),
            )
            options = {
                **self._inputs(token_ids, len(token_ids)),
                **_sampling(settings),
                "past_key_values": self._js_kv_cache,
                "streamer": js_streamer,
                "stopping_criteria": self._js_stopping,
            }
            try:
                js_sequences = await self._js_model.generate(js_object(options))
            except JsException as error:
                raise self._failure("decode", error) from error
        return int(js_sequences.data.at(-1)) in self._end_tokens

    def interrupt(self) -> None:
        """Stop a running `decode` after its current token."""
        if self._js_stopping is not None:
            self._js_stopping.interrupt()

    async def clear_cache(self) -> None:
        """Give the KV cache back and begin an empty one."""
        if self._js_kv_cache is not None:
            await self._js_kv_cache.dispose()
        self._js_kv_cache = self._js_module.DynamicCache.new() if self._js_module is not None else None

    async def unload(self) -> None:
        """Dispose KV cache and sessions."""
        if self._js_model is None:
            return
        await self.clear_cache()
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
        self._js_host.yieldBetweenSteps(self._js_model)
        self._js_stopping = self._js_module.InterruptableStoppingCriteria.new()
        await self.clear_cache()
        js_session = self._js_model.sessions.model
        self._keeps_last_logits = "num_logits_to_keep" in js_session.inputNames
        if not self._js_tokenizer.chat_template:
            self._chat_template = await self._cache.text("chat_template.jinja")
        generation = self._js_model.generation_config
        self._end_tokens = end_token_ids(
            plain_json(generation) if generation else {}, plain_json(self._js_model.config)
        )

    def _inputs(self, token_ids: Sequence[int], attended: int) -> dict[str, JsProxy]:
        tensor = self._js_module.Tensor
        return {
            "input_ids": tensor.new("int64", int64_array(token_ids), js_json([1, len(token_ids)])),
            "attention_mask": tensor.new("int64", int64_array([1] * attended), js_json([1, attended])),
        }

    def _cached_tokens(self) -> int:
        return int(self._js_kv_cache.get_seq_length())

    def _failure(self, phase: str, error: JsException) -> GenerationFailed:
        spec = self._spec
        repo, device = (spec.repo, str(spec.device)) if spec else ("the model", "this device")
        return GenerationFailed(repo, device, phase, describe(error))


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


def _sampling(settings: GenerationSettings) -> dict[str, Any]:
    options: dict[str, Any] = {
        "max_new_tokens": settings.max_new_tokens,
        "do_sample": settings.do_sample,
        "repetition_penalty": settings.repetition_penalty,
    }
    if settings.do_sample:
        options |= {"temperature": settings.temperature, "top_k": settings.top_k, "top_p": settings.top_p}
    return options

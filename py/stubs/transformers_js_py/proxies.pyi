"""The wrappers over transformers.js's module and objects."""

from typing import Any

_TRANSFORMERS_JS: Any

class TjsModuleProxy:
    def __init__(self, js_obj: Any) -> None: ...
    def __getattr__(self, name: str) -> Any: ...

"""The JavaScript globals that Python touches, and no others.

Values of the browser are `Any`: TypeScript's types of them do not reach Python, and no JavaScript object leaves
`tabagent.adapters.browser`.
"""

from typing import Any

AbortController: Any
Array: Any
ArrayBuffer: Any
BigInt64Array: Any
Blob: Any
Error: Any
Float32Array: Any
IDBKeyRange: Any
JSON: Any
MessageChannel: Any
Object: Any
Promise: Any
ReadableStream: Any
Response: Any
SharedArrayBuffer: Any
URL: Any
Uint8Array: Any
Worker: Any
crossOriginIsolated: bool
crypto: Any
indexedDB: Any
location: Any
navigator: Any

async def fetch(url: str, options: Any = ...) -> Any: ...

"""A local Hugging Face Hub, as an unmodified client of huggingface.co sees it.

It serves model folders over TLS under the Hub's real names. Chromium reaches it by name mapping
(`LocalHub.chromium_arguments`), so the extension keeps its real URLs and permissions:

    with LocalHub({"owner/name": Path("folder")}) as hub:
        hub.faults.add("/owner/name/resolve/*/onnx/*", Cut(after_bytes=100_000), times=1)
        ...
        assert hub.requests.bytes_sent("/owner/name/*") == 0

What it answers follows the real Hub: search, metadata and tree of a repository with ETags, `resolve` with a redirect
of LFS files to a CDN name and of small files to a cache path, ranges, ETags, CORS, tokens, sign-in by OAuth, gated and
private repositories, and the Hub's error headers. `hub.faults` makes it misbehave; `hub.requests` tells what was asked
for.
"""

from tools.hub.contents import Generated
from tools.hub.faults import (
    Alter,
    Corrupt,
    Cut,
    CutAt,
    ExtraRedirects,
    Fault,
    Faults,
    Html,
    IgnoreRange,
    Stall,
    StallAt,
    Status,
    Throttle,
    WrongLength,
    WrongSize,
)
from tools.hub.files import CDN_HOST, SECOND_CDN_HOST
from tools.hub.oauth import OAuth
from tools.hub.repository import HubRepository
from tools.hub.request_log import LoggedRequest, RequestLog
from tools.hub.server import HUB_HOST, MIRROR_HOST, LocalHub

__all__ = [
    "CDN_HOST",
    "HUB_HOST",
    "MIRROR_HOST",
    "SECOND_CDN_HOST",
    "Alter",
    "Corrupt",
    "Cut",
    "CutAt",
    "ExtraRedirects",
    "Fault",
    "Faults",
    "Generated",
    "Html",
    "HubRepository",
    "IgnoreRange",
    "LocalHub",
    "LoggedRequest",
    "OAuth",
    "RequestLog",
    "Stall",
    "StallAt",
    "Status",
    "Throttle",
    "WrongLength",
    "WrongSize",
]

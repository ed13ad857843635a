"""Where the models of a run come from: huggingface.co, or a local hub with what this machine has."""

from __future__ import annotations

import queue
import threading
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

from tools.environment import CACHE, ToolError, report
from tools.run.arguments import DEFAULT_MODEL, RunOptions

MODELS = CACHE / "models"
PROBE_SECONDS = 3.0
# Statuses by which the Hub itself answers about a repository; others come from proxies and portals on the way.
_HUB_STATUSES = frozenset({200, 401, 403, 404})


def hub_answers(repository: str, *, address: str = "https://huggingface.co", limit_s: float = PROBE_SECONDS) -> bool:
    """Return whether the Hub answers about a repository in time.

    The question has a thread of its own, because looking up a name can hang for longer than any time limit.
    """
    answers: queue.Queue[bool] = queue.Queue()
    url = f"{address}/api/models/{repository}"
    threading.Thread(target=lambda: answers.put(_ask(url, limit_s)), daemon=True).start()
    try:
        return answers.get(timeout=limit_s)
    except queue.Empty:
        return False


def local_repositories(
    options: RunOptions, *, folder: Path = MODELS, make_default: Callable[[], Path] | None = None
) -> dict[str, Path]:
    """Return the model folders that a local hub can serve, with the one that is wanted among them.

    Args:
        options: names the model that is wanted.
        folder: holds models as owner/name/config.json.
        make_default: makes the default model available and returns its folder; None uses `tools.model`.

    Raises:
        ToolError: the wanted model is not on this machine.
    """
    found = {
        f"{config.parent.parent.name}/{config.parent.name}": config.parent
        for config in sorted(folder.glob("*/*/config.json"))
    }
    if options.repository == DEFAULT_MODEL:
        found[DEFAULT_MODEL] = (make_default or _make_default)()
    if options.repository not in found:
        known = ", ".join(sorted({DEFAULT_MODEL, *found}))
        raise ToolError(
            f"{options.repository} is not on this machine and huggingface.co was not used: "
            f"connect to the network and use --hub huggingface, or choose one of {known}"
        )
    return found


def _make_default() -> Path:
    from tools.model import ensure_default_model

    report("Making the default model available …")
    return ensure_default_model(MODELS)


def _ask(url: str, limit_s: float) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=limit_s) as answer:  # noqa: S310 - the address is written here
            kind = str(answer.headers.get("Content-Type", ""))
            return bool(answer.status == 200 and kind.startswith("application/json"))
    except urllib.error.HTTPError as error:
        # The Hub puts its reason into a header; a proxy that refuses does not.
        return error.code in _HUB_STATUSES and "X-Error-Message" in error.headers
    except (OSError, ValueError):
        return False

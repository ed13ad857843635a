"""Where models come from: the Hugging Face Hub, and hubs of the same interface that the person added.

A model's id is `owner/name` on the Hugging Face Hub and `host/owner/name` on another one.
"""

from __future__ import annotations

import json
import re

from tabagent.errors import BadRequest
from tabagent.ports.vault import Vault

HUB = "https://huggingface.co"
# Name in the vault; addresses of private servers are nobody else's business either.
KEPT_AS = "model-sources"

_BASE = re.compile(r"\Ahttps://([a-z0-9.-]+(?::\d{1,5})?)\Z|\Ahttp://((?:localhost|127\.0\.0\.1)(?::\d{1,5})?)\Z")


class ModelSources:
    """The hubs that are known; read from the vault once.

    Args:
        vault: Keeps the added ones.
    """

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._bases: dict[str, str] | None = None

    async def added(self) -> list[str]:
        """Return the base addresses that the person added, in their order."""
        return list((await self._known()).values())

    async def add(self, address: str) -> list[str]:
        """Add a hub by its base address and return all that are added.

        Raises:
            BadRequest: It is not `https://host`, or `http://` of this machine.
        """
        base = address.strip().rstrip("/").lower()
        found = _BASE.match(base)
        if found is None:
            raise BadRequest(
                f"{address[:200]!r} is not the address of a hub. Write https://host, without a path.", field="source"
            )
        if base != HUB:
            bases = await self._known()
            bases[found.group(1) or found.group(2)] = base
            await self._keep()
        return await self.added()

    async def remove(self, address: str) -> list[str]:
        """Forget a hub and return those that are left; models that are stored stay."""
        base = address.strip().rstrip("/").lower()
        self._bases = {host: known for host, known in (await self._known()).items() if known != base}
        await self._keep()
        return await self.added()

    async def locate(self, model_id: str) -> tuple[str, str]:
        """Return the base address of a model's hub, and the repository's name there.

        Raises:
            BadRequest: The model's hub was not added.
        """
        host, _, repo = model_id.partition("/")
        if "/" not in repo:
            return HUB, model_id
        base = (await self._known()).get(host)
        if base is None:
            raise BadRequest(
                f"{host} is not one of your hubs. Add https://{host} under Models, then try {repo} again.",
                field="modelId",
            )
        return base, repo

    async def _known(self) -> dict[str, str]:
        if self._bases is None:
            self._bases = json.loads(await self._vault.get(KEPT_AS) or "{}")
        return self._bases

    async def _keep(self) -> None:
        await self._vault.put(KEPT_AS, json.dumps(self._bases))

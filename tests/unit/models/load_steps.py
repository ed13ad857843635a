"""One load, step by step."""

from __future__ import annotations

from tabagent.messages import LoadingProgress
from tabagent.models.plan import LoadPlan
from tabagent.models.progress import LoadProgress
from tabagent.specs import Dtype, LoadedModel, QuantStatus
from tests.unit.conftest import REPO, World, load_request


class Load:
    """One load of a world's model, step by step."""

    def __init__(self, world: World, dtype: Dtype | None = None) -> None:
        self.world, self.request = world, load_request(dtype=dtype)
        self.told: list[LoadingProgress] = []
        self.progress = LoadProgress(self.told.append, load_id="l", model_id=REPO, dtype="auto")

    async def plan(self) -> LoadPlan:
        return await self.world.loader.resolve(self.request, self.world.engine.report)

    async def bring_in(self) -> LoadPlan:
        plan = await self.plan()
        self.progress.begin(
            plan.spec.dtype, sum(file.size for file in plan.small), sum(file.size for file in plan.weights)
        )
        await self.world.loader.bring_in(plan, self.progress)
        return plan

    async def run(self) -> LoadedModel:
        return await self.world.loader.start(await self.bring_in(), self.progress)


async def status(world: World, dtype: Dtype = Dtype.Q8) -> tuple[QuantStatus, str]:
    entry = await world.store.entry(REPO)
    quant = entry and entry.quant(dtype)
    assert quant
    return quant.status, quant.reason

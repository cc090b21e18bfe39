"""Stock: what plain operators through stock synthesis give, by every flow and every recipe that ours may use."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from hdlgen.errors import ToolError
from hdlgen.evaluation import Score
from sim.cache import digest
from sim.measure import Built, Measure, map_and_time, score_of
from sim.recipes import RECIPES
from sim.simulation import SimulationResult
from sim.synthesize import STOCK_FLOWS

__all__ = ["StockPoint", "measure_stock"]

_MAP_SECONDS = 240.0


@dataclass(frozen=True, slots=True, kw_only=True)
class StockPoint:
    """A stock design: how it was synthesised and mapped, and its score."""

    flow: str
    recipe: str
    score: Score


def measure_stock(measure: Measure) -> Iterator[StockPoint]:
    """Measure the plain expression in the same shell, once a spec, technology and recipe; flow by flow.

    It is simulated like any other design. Every flow is mapped by every recipe, so that ours has no advantage in tools.

    Raises: ToolError where the stock design cannot be built or simulated; a flow or recipe that fails is left out.
    """
    built = measure.build_stock()
    simulated: SimulationResult | None = None
    tasks = {}
    for flow in STOCK_FLOWS:
        for recipe in RECIPES:
            if measure.cache.get(_key(measure, built, flow, recipe)) is None:
                arguments = (built.rtlil, measure.technology, recipe, flow)
                tasks[flow, recipe] = measure.pool.submit(map_and_time, *arguments, cpu_seconds=_MAP_SECONDS)
    if tasks:
        simulated = measure.simulate_one("stock", built)
        if simulated.status != "ok":
            raise ToolError(f"stock: the plain design must pass its simulation ({simulated.message})")
    for flow in STOCK_FLOWS:
        for recipe in RECIPES:
            key = _key(measure, built, flow, recipe)
            record = measure.cache.get(key)
            if record is None and simulated is not None:
                outcome = tasks[flow, recipe].result()
                if outcome.failure is not None:
                    continue
                record = {"score": score_of(outcome.require(), simulated).as_dict()}
                measure.cache.put(key, record)
            if record is not None:
                yield StockPoint(flow=flow, recipe=recipe, score=Score(**record["score"]))


def _key(measure: Measure, built: Built, flow: str, recipe: str) -> str:
    return digest("stock", flow, measure.key(built, recipe))

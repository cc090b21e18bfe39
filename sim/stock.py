"""Stock: what plain operators through stock synthesis give, by every flow and every recipe that ours may use."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from hdlgen.errors import ToolError
from hdlgen.evaluation import Score
from sim.cache import digest
from sim.measure import Measure, score_of
from sim.recipes import RECIPES
from sim.synthesize import STOCK_FLOWS

__all__ = ["StockPoint", "measure_stock"]


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
    built = measure.submit_build(None).result().require()
    keys = {
        (flow, recipe): digest("stock", flow, measure.key(built, recipe)) for flow in STOCK_FLOWS for recipe in RECIPES
    }
    records = {way: measure.cache.get(key) for way, key in keys.items()}
    missing = [way for way, record in records.items() if record is None]
    tasks = {(flow, recipe): measure.submit_mapping(built, recipe, flow) for flow, recipe in missing}
    if missing:
        simulated = measure.submit_simulation([("stock", built)]).result().require()[0]
        if simulated.status != "ok":
            raise ToolError(f"stock: the plain design must pass its simulation ({simulated.message})")
    for (flow, recipe), key in keys.items():
        record = records[flow, recipe]
        if record is None:
            outcome = tasks[flow, recipe].result()
            if outcome.failure is not None:
                continue
            record = {"score": score_of(outcome.require(), simulated).as_dict()}
            measure.cache.put(key, record)
        yield StockPoint(flow=flow, recipe=recipe, score=Score(**record["score"]))

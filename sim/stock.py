"""Stock: what plain operators through stock synthesis give, by every flow and every recipe that ours may use."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from hdlgen.errors import ToolError
from hdlgen.evaluation import Score
from sim.cache import digest
from sim.fpga import FPGA_RECIPES, FPGA_STOCK_FLOWS, Fpga
from sim.logic import Logic
from sim.mapped import score_of
from sim.measure import Measure
from sim.recipes import RECIPES
from sim.steps import Built
from sim.synthesize import STOCK_FLOWS

__all__ = ["StockPoint", "measure_rival", "measure_stock"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StockPoint:
    """A stock design: how it was synthesised and mapped, and its score."""

    flow: str
    recipe: str
    score: Score


def measure_stock(measure: Measure) -> Iterator[StockPoint]:
    """Measure the plain expression in the same shell, by every flow and every recipe, so that ours has no advantage.

    Raises: as `measure_rival`; ToolError where it cannot be built.
    """
    built = measure.submit_build(None).result().require()
    if isinstance(measure.technology, Fpga):
        yield from _measure_on_fpga(measure, built)
        return
    yield from measure_rival(measure, built, name="stock", flows=STOCK_FLOWS, recipes=tuple(RECIPES))


def measure_rival(
    measure: Measure, built: Built, *, name: str, flows: Sequence[str], recipes: Sequence[str]
) -> Iterator[StockPoint]:
    """Measure another's design of the same function, once a technology, flow and recipe; flow by flow.

    It is simulated like any other design. Each flow is elaborated once and mapped by every recipe; one that leaves the
    same logic as an earlier flow tells nothing new and is left out, as is a flow or recipe that fails.

    Args:
        name: what messages and the cache call it.
        flows, recipes: names in `FLOWS` and `RECIPES`.
    Raises: ToolError where the design cannot be simulated or gives a wrong result.
    """
    keys = {(flow, recipe): digest(name, flow, measure.key(built, recipe)) for flow in flows for recipe in recipes}
    twin_keys = {flow: digest(name, flow, *flows, measure.key(built, "")) for flow in flows}
    twins = {flow for flow, key in twin_keys.items() if measure.cache.get(key) is not None}
    records = {way: measure.cache.get(key) for way, key in keys.items() if way[0] not in twins}
    missing = [way for way, record in records.items() if record is None]
    if missing:
        logics = _elaborated(measure, built, flows)
        for flow in [flow for flow, logic in logics.items() if logic in _before(logics, flow)]:
            measure.cache.put(twin_keys[flow], {"twin": True})
            twins.add(flow)
        tasks = {
            (flow, recipe): measure.submit_logic(logics[flow], recipe, built)
            for flow, recipe in missing
            if flow in logics and flow not in twins
        }
        simulated = measure.submit_simulation([(name, built)]).result().require()[0]
        if simulated.status != "ok":
            raise ToolError(f"{name}: the design must pass its simulation ({simulated.message})")
    for (flow, recipe), record in records.items():
        if record is None:
            outcome = tasks[flow, recipe].result() if (flow, recipe) in tasks else None
            if outcome is None or outcome.failure is not None or (measure.energy and outcome.require().trouble):
                continue
            record = {"score": score_of(outcome.require(), simulated).as_dict()}
            measure.cache.put(keys[flow, recipe], record)
        yield StockPoint(flow=flow, recipe=recipe, score=Score(**record["score"]))


def _measure_on_fpga(measure: Measure, built: Built) -> Iterator[StockPoint]:
    """Place and route the stock design by every flow and every recipe; one that fails or does not fit is left out."""
    ways = [(flow, recipe) for flow in FPGA_STOCK_FLOWS for recipe in FPGA_RECIPES]
    keys = {(flow, recipe): digest("stock", flow, measure.key(built, recipe)) for flow, recipe in ways}
    records = {way: measure.cache.get(key) for way, key in keys.items()}
    tasks = {way: measure.submit_mapping(built, way[1], way[0]) for way, record in records.items() if record is None}
    if tasks:
        simulated = measure.submit_simulation([("stock", built)]).result().require()[0]
        if simulated.status != "ok":
            raise ToolError(f"stock: the design must pass its simulation ({simulated.message})")
    for way, record in records.items():
        if record is None:
            outcome = tasks[way].result()
            if outcome.failure is not None:
                continue
            record = {"score": score_of(outcome.require(), simulated).as_dict()}
            measure.cache.put(keys[way], record)
        yield StockPoint(flow=way[0], recipe=way[1], score=Score(**record["score"]))


def _elaborated(measure: Measure, built: Built, flows: Sequence[str]) -> dict[str, Logic]:
    """Take a design through every flow; one that fails is left out."""
    outcomes = {flow: task.result() for flow, task in [(flow, measure.submit_flow(built, flow)) for flow in flows]}
    return {flow: outcome.require() for flow, outcome in outcomes.items() if outcome.failure is None}


def _before(logics: Mapping[str, Logic], flow: str) -> list[Logic]:
    """List the logic of the flows before one."""
    names = list(logics)
    return [logics[name] for name in names[: names.index(flow)]]

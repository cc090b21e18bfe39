"""One design on one technology: our searched designs, and what stock synthesis and XLS make of the same function."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.kernel_ratios import Candidate, Contest
from benchmarks.stream_shell import shell_area
from benchmarks.xls_logic import is_installed, xls_design
from hdlgen.cli.project import Project, measuring, open_project
from hdlgen.evaluation import Direction, Evaluation, Objective, Status
from hdlgen.knobs import Mapping as Offer
from hdlgen.knobs import offer
from hdlgen.space import Choice, Point, Space
from search.strategies import STRATEGIES
from sim.measure import Measure
from sim.recipes import RECIPES
from sim.stock import StockPoint, measure_rival
from sim.synthesize import STOCK_FLOWS

__all__ = ["XLS_FLOWS", "Plan", "contest", "open_design"]

XLS_FLOWS = ("plain", "booth")
"""What runs behind XLS."""
_OBJECTIVES = tuple(Objective(metric=metric, direction=Direction.MINIMIZE) for metric in ("area_um2", "period_ps"))
_WORKERS, _BATCH = 2, 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How a design is searched.

    Args:
        pins: knobs that are pinned or narrowed; those that a design does not have are passed over.
        starts: choices of the points that are measured first, further knobs at their defaults.
        budget: how many points of ours are measured at most.
        recipes: of both sides.
        strategy, seed: of the search.
    """

    pins: Mapping[str, Choice | tuple[Choice, ...]]
    starts: tuple[Mapping[str, Choice], ...]
    budget: int
    recipes: tuple[str, ...] = tuple(RECIPES)
    strategy: str = "local"
    seed: int = 1


def open_design(source: str, technology: str, plan: Plan) -> Project:
    """Open a spec with the plan's knobs instead of its own, and without its constraints.

    Raises: SpecError, PointError, InputError.
    """
    project = open_project(source, technology=technology)
    cells = project.technology.full_adder is not None
    space = offer(project.compiler.dataflow, Offer(recipes=plan.recipes, full_adder_cells=cells))
    names = {knob.name for knob in space.knobs}
    space = space.narrow({name: pin for name, pin in plan.pins.items() if name in names}, where=source)
    return replace(project, space=space, spec=replace(project.spec, constraints=()))


def contest(source: str, technology: str, plan: Plan, *, cache: Path | None = None) -> Contest:
    """Measure both sides; what is known from an earlier run is not measured again.

    Args:
        source: a spec file or the name of a shipped design.
        cache: the folder of results; the user's own by default.
    Raises: HdlgenError where a rival cannot be built, or either side has no design.
    """
    project = open_design(source, technology, plan)
    with measuring(project, workers=_WORKERS, cache=cache) as measure:
        rivals = _rivals(measure, plan.recipes)
        ours = [
            Candidate(
                kind="ours",
                point=dict(evaluation.point.values),
                area_um2=evaluation.score.area_um2,
                period_ps=evaluation.score.period_ps,
            )
            for evaluation in _searched(measure, project.space, plan)
            if evaluation.status is Status.OK and evaluation.score is not None
        ]
    return Contest(
        design=project.spec.name,
        technology=technology,
        shell_um2=shell_area(project.compiler, project.cell_technology),
        ours=tuple(ours),
        rivals=tuple(rivals),
    )


def _rivals(measure: Measure, recipes: Sequence[str]) -> list[Candidate]:
    built = measure.submit_build(None).result().require()
    found = {
        "stock": list(measure_rival(measure, built, name="stock", flows=STOCK_FLOWS, recipes=recipes)),
    }
    if is_installed():
        other = xls_design(measure.compiler, built.datapath)
        found["xls"] = list(measure_rival(measure, other, name="xls", flows=XLS_FLOWS, recipes=recipes))
    return [_candidate(kind, point) for kind, points in found.items() for point in points]


def _candidate(kind: str, point: StockPoint) -> Candidate:
    way = {"flow": point.flow, "recipe": point.recipe}
    return Candidate(kind=kind, point=way, area_um2=point.score.area_um2, period_ps=point.score.period_ps)


def _searched(measure: Measure, space: Space, plan: Plan) -> list[Evaluation]:
    """Measure the starts, then what the strategy asks for, up to the budget."""
    strategy = STRATEGIES[plan.strategy](space, _OBJECTIVES, seed=plan.seed)
    starts = [_start(space, start) for start in plan.starts]
    found = list(measure.evaluate(list(dict.fromkeys(starts))[: plan.budget]))
    strategy.tell(found)
    while len(found) < plan.budget:
        points = strategy.ask(min(_BATCH, plan.budget - len(found)))
        if not points:
            break
        evaluations = list(measure.evaluate(points))
        strategy.tell(evaluations)
        found += evaluations
    return found


def _start(space: Space, choices: Mapping[str, Choice]) -> Point:
    """Take the default point with these choices, but for those that the space does not have."""
    offered = {
        knob.name: choices[knob.name]
        for knob in space.knobs
        if knob.name in choices and knob.position(choices[knob.name]) is not None
    }
    return space.repair({**dict(space.default().values), **offered})

"""`functions`: elementary functions by tables and polynomials against the plain table of the same error."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.benchmark import Benchmark, Bound, Goal, Measured, Say
from hdlgen.cli.project import Project, measuring, open_project
from hdlgen.errors import ToolError
from hdlgen.evaluation import Evaluation, Status
from hdlgen.space import Point

__all__ = ["BENCHMARK", "DESIGNS", "TECHNOLOGIES", "compare", "points"]

DESIGNS = ("sigmoid", "tanh", "rsqrt")
TECHNOLOGIES = ("sky130hd", "gf180_7t_5v")
PLAIN = "table"
RATIO = 0.6
WORKERS = 2
_LISTED = ", ".join(f"`{name}`" for name in DESIGNS)


def points(project: Project) -> list[Point]:
    """List what is measured: the cheapest way by estimate and the plain table, each by every recipe.

    Raises: ToolError where the spec offers no plain table beside another way.
    """
    methods = project.compiler.methods
    if PLAIN not in methods or methods[0] == PLAIN:
        raise ToolError(f"functions: {project.spec.name} must offer a plain table beside a cheaper way, not {methods}")
    recipes = next(knob.choices for knob in project.space.knobs if knob.name == "recipe")
    texts = [f"function={method},adder=ripple,recipe={recipe}" for method in (methods[0], PLAIN) for recipe in recipes]
    return [project.point(text) for text in texts]


def compare(evaluations: Mapping[tuple[str, str], Sequence[Evaluation]]) -> Measured:
    """Hold our smallest design against the smallest plain table, for each design and technology.

    Args:
        evaluations: by design and technology.
    Raises: ToolError where a side has no design, or one is not simulated within its bound.
    """
    figures: dict[str, float] = {}
    rows: list[dict[str, Any]] = []
    for (name, technology), found in evaluations.items():
        best: dict[bool, Evaluation] = {}
        for evaluation in found:
            wrong = evaluation.message if evaluation.status in (Status.MISMATCH, Status.INVALID) else ""
            if evaluation.score is not None and not evaluation.feasible:
                wrong = f"error {evaluation.score.error_lsb:g} LSB"
            if wrong:
                raise ToolError(f"functions: {name}, {evaluation.point.text()} must be right, not {wrong}")
            if evaluation.score is None:
                continue  # a recipe that fails or takes too long is no result of that side
            plain = evaluation.point["function"] == PLAIN
            known = best.get(plain)
            if known is None or known.score is None or evaluation.score.area_um2 < known.score.area_um2:
                best[plain] = evaluation
        if len(best) < 2:
            raise ToolError(f"functions: {name} on {technology} must have a design on both sides")
        areas: dict[bool, float] = {}
        for plain, evaluation in sorted(best.items()):
            score = evaluation.score
            assert score is not None
            areas[plain] = score.area_um2
            rows.append(
                {
                    "design": name,
                    "technology": technology,
                    "kind": "plain table" if plain else "ours",
                    "area_um2": score.area_um2,
                    "flip_flop_area_um2": score.flip_flop_area_um2,
                    "period_ps": score.period_ps,
                    "error_lsb": score.error_lsb,
                    "point": dict(evaluation.point.values),
                }
            )
        figures[f"{name}_{technology}"] = round(areas[False] / areas[True], 4)
    return Measured(figures={"area_ratio_worst": max(figures.values()), **figures}, rows=rows)


def _measure(say: Say) -> Measured:
    found: dict[tuple[str, str], list[Evaluation]] = {}
    with tempfile.TemporaryDirectory(prefix="hdlgen-functions-") as folder:
        for name in DESIGNS:
            for technology in TECHNOLOGIES:
                project = open_project(name, technology=technology)
                wanted = points(project)
                say(f"{name} on {technology}: {len(wanted)} designs")
                with measuring(project, workers=WORKERS, cache=Path(folder)) as measure:
                    found[name, technology] = list(measure.evaluate(wanted))
    return compare(found)


BENCHMARK = Benchmark(
    name="functions",
    summary="Area of elementary functions against the plain table of the same error.",
    method=f"""\
The shipped designs {_LISTED} on {" and ".join(TECHNOLOGIES)}, every result within 1 LSB of the
value that is rounded correctly: proved on every argument, and simulated. Ours is the way that the compiler estimates to
be cheapest, the other one the plain table. The table has every advantage that the error allows: it is read by as few of
the argument's bits as suffice, its entries are those, among all allowed, that need the fewest multiplexers, and equal
parts are shared before mapping. Both stand in the same shell with the same registers and are mapped by every recipe.
The figures are the areas of the smallest of each, shell included, ours divided by the table's.
""",
    goals=(Goal(figure="area_ratio_worst", direction=Bound.AT_MOST, bound=RATIO),),
    measure=_measure,
)

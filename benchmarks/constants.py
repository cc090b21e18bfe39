"""`constants`: constant matrices times vectors, ours against da4ml's programs and Yosys' `mcm`, in the same shell."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.benchmark import Benchmark, Bound, Goal, Measured, Say
from benchmarks.da4ml_programs import SETTINGS, da4ml_programs, foremost, require_da4ml
from hdlgen.cli.project import measuring, open_project
from hdlgen.compiler import Compiler
from hdlgen.dataflow import Dataflow
from hdlgen.errors import ToolError
from hdlgen.number import Format
from hdlgen.space import Point
from search.pareto import dominates, hypervolume, non_dominated
from sim.measure import Measure
from sim.steps import BUILD_SECONDS, build
from sim.stock import measure_rival

__all__ = ["BENCHMARK", "CASES", "WHOLE", "Case", "chosen_programs", "compare", "matrix_of", "spec_of"]

SIZES, SEEDS, TECHNOLOGIES = (8, 16), range(5), ("sky130hd", "gf180_7t_5v")
RECIPES: Mapping[int, tuple[str, ...]] = {8: ("fast", "balanced", "spare"), 16: ("fast", "spare")}
"""By size of the matrix: how competitors are mapped, and ours too."""

DA4ML: Mapping[int, tuple[str, ...]] = {
    8: ("hard_dc=-1", "hard_dc=0", "hard_dc=1", "hard_dc=2"),
    16: ("hard_dc=-1", "hard_dc=0"),
}
"""By size: the settings of da4ml that are measured of every matrix, whatever the others give."""


DA4ML_FLOWS, MCM_FLOWS = ("plain", "booth_tree"), ("mcm", "mcm_tree")
OURS: Mapping[int, tuple[str, ...]] = {
    8: (
        "constants=shared,adder=ripple,full_adders=cells,recipe=spare",
        "constants=shared,adder=fitted,full_adders=cells,recipe=spare",
        "constants=shared,adder=sklansky,full_adders=gates_50,recipe=fast",
        "constants=shared,adder=sklansky,full_adders=gates,recipe=balanced",
        "constants=shared,adder=sklansky,full_adders=gates,recipe=fast",
        "constants=shared_once,adder=kogge_stone,full_adders=gates,recipe=fast",
        "constants=signed_digits,adder=kogge_stone,full_adders=gates,recipe=fast",
    ),
    16: (
        "constants=shared,adder=ripple,full_adders=cells,recipe=spare",
        "constants=shared,adder=fitted,full_adders=cells,recipe=spare",
        "constants=shared,adder=sklansky,full_adders=gates,recipe=spare",
        "constants=shared,adder=sklansky,full_adders=gates,recipe=fast",
        "constants=signed_digits,adder=kogge_stone,full_adders=gates,recipe=fast",
    ),
}
"""By size: the points that are measured, from the smallest area to the shortest period."""

HYPERVOLUME_RATIO, REFERENCE = 1.15, 1.1
_WORKERS = 2
_ELEMENT = Format(width=8)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One matrix on one technology."""

    size: int
    seed: int
    technology: str

    @property
    def name(self) -> str:
        """Name the case in tables."""
        return f"{self.size}x{self.size}, seed {self.seed}, {self.technology}"


CASES: tuple[Case, ...] = tuple(
    Case(size=size, seed=seed, technology=technology) for technology in TECHNOLOGIES for size in SIZES for seed in SEEDS
)
"""What is measured."""

WHOLE = CASES[0]
"""The case in which the programs of all of da4ml's settings are measured, so that the choice among them is seen."""


def matrix_of(case: Case) -> list[list[int]]:
    """Draw the matrix of a case: every int8 is as likely as every other."""
    drawn: list[list[int]] = np.random.default_rng(case.seed).integers(-128, 128, (case.size, case.size)).tolist()
    return drawn


def spec_of(case: Case) -> str:
    """Write the spec of a case; the output has as many bits as it needs."""
    return f"""\
name = "matrix{case.size}"
summary = "constant {case.size}x{case.size} matrix of int8 times a vector of int8"

[inputs]
x = {{ format = "i8", shape = [{case.size}] }}

[constants]
matrix = {{ values = {matrix_of(case)}, format = "i8" }}

[outputs]
y = {{}}

[compute]
y = "matrix @ x"

[objectives]
minimize = ["area_um2"]
maximize = ["clock_mhz"]

[technology]
name = "{case.technology}"
"""


def _ours(measure: Measure, points: Sequence[Point]) -> Iterator[dict[str, Any]]:
    for evaluation in measure.evaluate(points):
        if evaluation.score is None:
            raise ToolError(f"constants: {evaluation.point.text()} must be measured ({evaluation.message})")
        score = evaluation.score
        yield {"design": evaluation.point.text(), "area_um2": score.area_um2, "period_ps": score.period_ps}


def _computing(compiler: Compiler, program: Dataflow) -> Compiler:
    """Put a program in the place of what a compiler builds in the plain way."""
    return replace(compiler, realisations=(replace(compiler.realisations[0], dataflow=program),))


@lru_cache(maxsize=len(SIZES) * len(SEEDS))
def _programs(size: int, seed: int) -> Mapping[str, Dataflow]:
    """Solve a matrix by all of da4ml's settings; on which technology it stands makes no difference to it."""
    return dict(da4ml_programs(matrix_of(Case(size=size, seed=seed, technology=TECHNOLOGIES[0])), _ELEMENT))


def chosen_programs(case: Case) -> dict[str, Dataflow]:
    """Choose da4ml's programs to be measured: those of `DA4ML`, and of all settings the foremost; all of `WHOLE`."""
    programs = _programs(case.size, case.seed)
    if case == WHOLE:
        return dict(programs)
    kept = foremost(programs) | set(DA4ML[case.size])
    return {name: program for name, program in programs.items() if name in kept}


def _theirs(measure: Measure, case: Case) -> Iterator[dict[str, Any]]:
    """Measure da4ml's programs, each adder a plain one, and the plain expression with `mcm`; all are simulated."""
    rivals = [
        (f"da4ml {name}", _computing(measure.compiler, program), DA4ML_FLOWS)
        for name, program in chosen_programs(case).items()
    ]
    for name, compiler, flows in [*rivals, ("yosys", measure.compiler, MCM_FLOWS)]:
        built = measure.pool.submit(build, compiler, None, cpu_seconds=BUILD_SECONDS).result().require()
        for found in measure_rival(measure, built, name=name, flows=flows, recipes=RECIPES[case.size]):
            design = f"{name}, flow={found.flow}, recipe={found.recipe}"
            yield {"design": design, "area_um2": found.score.area_um2, "period_ps": found.score.period_ps}


def compare(ours: Sequence[Mapping[str, Any]], theirs: Sequence[Mapping[str, Any]]) -> tuple[float, float]:
    """Hold our points against theirs, by area and period.

    Returns: the ratio of the hypervolumes, ours by theirs, up to `REFERENCE` times the worst of each axis on either
        front; and the share of all their points that one of ours dominates.
    Raises: ToolError where either side has no point.
    """
    if not ours or not theirs:
        raise ToolError("constants: both sides must have points")
    left, right = (np.array([[row["area_um2"], row["period_ps"]] for row in rows]) for rows in (ours, theirs))
    fronts = [points[non_dominated(points)] for points in (left, right)]
    reference = REFERENCE * np.vstack(fronts).max(axis=0)
    ratio = hypervolume(fronts[0], reference) / hypervolume(fronts[1], reference)
    beaten = [any(bool(dominates(mine, point)) for mine in fronts[0]) for point in right]
    return float(ratio), sum(beaten) / len(beaten)


def _measure_case(case: Case, folder: Path) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    path = folder / "spec.toml"
    path.write_text(spec_of(case))
    project = open_project(str(path))
    points = [project.point(text) for text in OURS[case.size]]
    with measuring(project, workers=_WORKERS) as measure:
        return list(_ours(measure, points)), list(_theirs(measure, case))


def _measure(say: Say, cases: Sequence[Case] = CASES) -> Measured:
    require_da4ml()
    rows: list[dict[str, Any]] = []
    ratios: list[float] = []
    beaten = count = 0.0
    for case in cases:
        with tempfile.TemporaryDirectory(prefix="hdlgen-constants-") as name:
            ours, theirs = _measure_case(case, Path(name))
        ratio, share = compare(ours, theirs)
        ratios.append(ratio)
        beaten, count = beaten + share * len(theirs), count + len(theirs)
        say(f"{case.name}: hypervolume {ratio:.3f} of theirs, {share:.1%} of their {len(theirs)} points dominated")
        for kind, found in (("ours", ours), ("theirs", theirs)):
            rows += [{"case": case.name, "kind": kind, **row} for row in found]
    figures = {
        "hypervolume_ratio": round(min(ratios), 4),
        "hypervolume_ratio_mean": round(math.fsum(ratios) / len(ratios), 4),
        "dominated_share": round(beaten / count, 4),
    }
    return Measured(figures=figures, rows=rows)


BENCHMARK = Benchmark(
    name="constants",
    summary="Constant int8 matrices against da4ml's programs and Yosys' mcm: area and period.",
    method=f"""\
Random matrices of int8, {" and ".join(f"{size}x{size}" for size in SIZES)}, seeds {SEEDS[0]} to {SEEDS[-1]}, times a
vector of int8, on {" and ".join(TECHNOLOGIES)}; a result each cycle. All stand in the same stream shell with
the same registers, are simulated against the golden model, mapped by the same recipes ({", ".join(RECIPES[8])};
for 16x16 {" and ".join(RECIPES[16])} alone) and timed by the same analysis.
da4ml (PyPI) solves each matrix by {len(SETTINGS)} settings: all its methods for either half, splits, bounds of depth
and costs of an adder. Of the programs that differ those are measured that no other beats in both bits of adders and
adders behind each other, and in any case those of {", ".join(DA4ML[8])}, for 16x16 {" and ".join(DA4ML[16])}; of
{WHOLE.name} all of them. Each adder is a plain `+` or `-` of exact widths, synthesised as it stands and with
`alumacc; arith_tree -final prefix`.
Yosys: `mcm` on the plain expression, without and with `arith_tree`.
Ours: {len(OURS[8])} points of the design space, for 16x16 {len(OURS[16])}, named in the rows; no search over the rest.
What an earlier run measured is known and not measured again.
`hypervolume_ratio`: ours by all theirs joined, in area of all cells and period, up to {REFERENCE} times the worst of
each axis on either front; the worst of all matrices. `dominated_share`: the share of their points, over all matrices,
that one of ours dominates.
""",
    goals=(
        Goal(figure="hypervolume_ratio", direction=Bound.AT_LEAST, bound=HYPERVOLUME_RATIO),
        Goal(figure="dominated_share", direction=Bound.AT_LEAST, bound=1.0),
    ),
    measure=_measure,
)

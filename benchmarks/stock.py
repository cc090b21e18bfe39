"""`stock`: what a search finds against the best that stock synthesis and Google XLS make of the plain expression."""

from __future__ import annotations

import json
import statistics
import tempfile
from collections.abc import Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Any

from benchmarks.benchmark import ROOT, Benchmark, Bound, Goal, Measured, Say
from benchmarks.contest import XLS_FLOWS, Plan, contest
from benchmarks.kernel_ratios import Contest, figures, tables
from benchmarks.xls_logic import is_installed
from hdlgen.errors import ToolError
from hdlgen.sharing import SHARINGS
from sim import tools
from sim.junit import read_reports

__all__ = ["BENCHMARK", "DESIGNS", "TECHNOLOGIES", "compare", "measure_designs", "pin", "search"]

DESIGN = "dot8"
KNOBS: Mapping[str, int] = {"interval": 1, "stages": 0}
"""Pinned: a result each cycle, and no registers but those that stock has too."""
STRATEGY, BUDGET, SEEDS = "surrogate", 160, (1, 2, 3)
"""As `hdlgen search` does unless told otherwise; one search alone may find an end of the front late."""
_SECONDS = 3600.0
_PINNED = " and ".join(f"`{knob} = {choice}`" for knob, choice in KNOBS.items())

SMALL_AREA, SMALL_PERIOD, FAST = 0.80, 0.90, 0.92

TECHNOLOGIES = ("sky130hd", "asap7")
_PINS: Mapping[str, Any] = {
    **KNOBS,
    "reduction": "heap",
    "multiplier": ("dadda", "booth", "dadda_stages", "booth_stages"),
}
_SMALL = (
    ("booth", "ripple", "cells", "leanest"),
    ("booth", "ripple", "cells", "spare"),
    ("booth", "sklansky", "cells", "leanest"),
)
_EVEN = (("booth", "sklansky", "gates", "balanced"), ("booth", "kogge_stone", "gates", "balanced"))
_FAST = (
    ("booth_stages", "kogge_stone_ling", "gates", "fastest"),
    ("dadda_stages", "kogge_stone", "gates", "fastest"),
    ("dadda_stages", "fitted_ling", "gates", "keep_fast"),
    ("dadda", "kogge_stone", "gates", "fastest"),
    ("booth_stages", "kogge_stone", "gates", "fastest"),
    ("booth", "kogge_stone", "gates", "fastest"),
    ("dadda", "fitted_ling", "gates", "keep_fast"),
    ("booth_stages", "kogge_stone", "gates", "keep_fast"),
    ("booth", "sklansky", "gates", "fastest"),
    ("dadda_stages", "kogge_stone_ling", "gates", "fastest"),
    ("booth", "searched_fast", "gates", "fastest"),
    ("booth_stages", "sklansky", "gates", "fastest"),
    ("booth", "kogge_stone", "gates", "keep_fast"),
    ("booth", "kogge_stone_ling", "gates", "fastest"),
    ("booth", "fitted", "gates", "fastest"),
    ("booth", "fitted_ling", "gates", "keep_fast"),
)
_STARTS = tuple(
    {"constants": constants, "multiplier": multiplier, "adder": adder, "full_adders": full_adders, "recipe": recipe}
    for ways, encodings in (
        (_SMALL, ("shared", "signed_digits")),
        (_EVEN, ("signed_digits", *SHARINGS)),
        (_FAST, ("signed_digits", "shared_once")),
    )
    for (multiplier, adder, full_adders, recipe), constants in product(ways, encodings)
)
"""Both ends of the front and its middle, each with the ways of constants that lead there.

What a design has no use for falls away. Whatever is mapped twice comes out a few percent apart, so many ways to the
fast end find more than one way and its neighbours do.
"""
_ENDS = ("fastest", "balanced", "leanest", "spare", "keep_fast")
"""For both sides of most designs: only the recipes that find the ends of the fronts of the others."""


def _plan(budget: int, **changes: Any) -> Plan:
    return Plan(pins=_PINS, starts=_STARTS, budget=budget, **changes)


DESIGNS: Mapping[str, Plan] = {
    "dot8": _plan(40),
    "dot16": _plan(28, recipes=_ENDS),
    "matvec4x4": _plan(22, recipes=_ENDS),
    "gemm4x4x4": _plan(14, recipes=_ENDS),
    "fir8": _plan(44),
    "fir16": _plan(22, recipes=_ENDS),
    "conv3x3": _plan(36, recipes=_ENDS),
    "dct8": _plan(36, recipes=_ENDS),
    "dense16x5": _plan(36, recipes=_ENDS),
    "complexmul": _plan(36),
}
"""By name, how each is searched: a large design costs more a point, so it gets fewer of them."""
GOALS: Mapping[str, float] = {
    "area_ratio_fast": 0.80,
    "area_ratio_small": 0.70,
    "period_ratio_fast": 0.80,
    "period_ratio_small": 0.65,
}


def pin(spec: str, knobs: Mapping[str, int]) -> str:
    """Pin knobs in the text of a spec.

    Raises: ToolError where the spec narrows its knobs itself, for two such tables cannot stand in one file.
    """
    if "[knobs]" in spec:
        raise ToolError("stock: the shipped spec must leave its knobs open to be compared with stock")
    lines = [f"{name} = {value}" for name, value in knobs.items()]
    return "\n".join([spec.rstrip(), "", "[knobs]", *lines, ""])


def search(spec: Path, *, strategy: str, budget: int, seed: int, out: Path) -> dict[str, Any]:
    """Search by the command that users have, and give the document that it prints.

    Raises: ToolError where it fails or leaves a design unsimulated.
    """
    options = ["--strategy", strategy, "--budget", str(budget), "--seed", str(seed), "--out", str(out), "--json"]
    done = tools.run([tools.require("hdlgen"), "search", spec, *options], folder=ROOT, seconds=_SECONDS)
    if done.status != 0:
        raise ToolError(f"stock: the search must succeed, not end with status {done.status}: {done.error[-500:]}")
    document: dict[str, Any] = json.loads(done.output)
    for design in document["front"]:
        reports = read_reports(Path(design["folder"]) / "results.xml")
        if not reports or not all(report.passed for report in reports.values()):
            raise ToolError(f"stock: {design['folder']} must have passed its simulation")
    return document


def compare(document: Mapping[str, Any], *, name: str = DESIGN) -> Measured:
    """Hold a front against stock's smallest and fastest point.

    Each pair of figures is of ONE design of ours, the one whose worse ratio, in parts of its goal, is best. Stock's
    smallest point is the least area of all its flows and recipes, its fastest the least period of all.

    Args:
        document: of a search with one result a cycle.
    Raises: ToolError where there is no front or no stock, or a design gives less than a result a cycle.
    """
    ours, stock = _scores(document["front"], "front"), _scores(document["stock"], "stock")
    smallest = min(stock, key=lambda score: (score["area_um2"], score["period_ps"]))
    fastest = min(stock, key=lambda score: (score["period_ps"], score["area_um2"]))
    small, fast = (
        _best(ours, smallest, area=SMALL_AREA, period=SMALL_PERIOD),
        _best(ours, fastest, area=FAST, period=FAST),
    )
    figures = {
        f"{name}_small_area": _ratio(small, smallest, "area_um2"),
        f"{name}_small_period": _ratio(small, smallest, "period_ps"),
        f"{name}_fast_area": _ratio(fast, fastest, "area_um2"),
        f"{name}_fast_period": _ratio(fast, fastest, "period_ps"),
    }
    marks = {id(smallest): "stock_smallest", id(fastest): "stock_fastest"}
    rows = []
    for kind, designs, scores in (("ours", document["front"], ours), ("stock", document["stock"], stock)):
        for design, score in zip(designs, scores, strict=True):
            chosen = [text for text, one in (("small", small), ("fast", fast)) if one is score]
            mark = marks.get(id(score), "_and_".join(chosen))
            figures_ = {key: score[key] for key in ("area_um2", "period_ps", "interval_cycles", "latency_cycles")}
            rows.append({"kind": kind, "mark": mark, **figures_, "point": dict(design["point"])})
    return Measured(figures=figures, rows=rows)


def _scores(designs: Sequence[Mapping[str, Any]], what: str) -> list[Mapping[str, float]]:
    scores = [design["score"] for design in designs]
    if not scores:
        raise ToolError(f"stock: the {what} must hold a design")
    for score in scores:
        if score["interval_cycles"] > 1.0:
            raise ToolError(f"stock: a design must give a result a cycle, not in {score['interval_cycles']:g} cycles")
    return scores


def _ratio(score: Mapping[str, float], peer: Mapping[str, float], metric: str) -> float:
    return round(score[metric] / peer[metric], 4)


def _best(
    scores: Sequence[Mapping[str, float]], peer: Mapping[str, float], *, area: float, period: float
) -> Mapping[str, float]:
    def worse(score: Mapping[str, float]) -> float:
        return max(score["area_um2"] / peer["area_um2"] / area, score["period_ps"] / peer["period_ps"] / period)

    return min(scores, key=worse)


def measure_designs(say: Say, designs: Sequence[str]) -> Measured:
    """Measure designs on every technology; what an earlier run measured is known and costs nothing.

    Args:
        designs: names in `DESIGNS`.
    Raises: HdlgenError where one of them cannot be measured.
    """
    if not is_installed():
        say("XLS is left out, for xls-python is not installed: pip install 'hdlgen[bench]'")
    contests: list[Contest] = []
    for design, technology in product(designs, TECHNOLOGIES):
        say(f"{design} on {technology}")
        contests.append(contest(design, technology, DESIGNS[design]))
        said = ", ".join(f"{name} {ratio:.3f}" for name, ratio in contests[-1].ratios().items() if name in GOALS)
        say(f"{design} on {technology}: {said}")
    rows = [row for one in contests for row in one.rows()]
    return Measured(figures=figures(contests), rows=rows, tables=tables(contests))


def _measure(say: Say) -> Measured:
    designs = measure_designs(say, tuple(DESIGNS))
    alone: dict[int, Measured] = {}
    with tempfile.TemporaryDirectory(prefix="hdlgen-stock-") as name:
        spec = Path(name) / "spec.toml"
        spec.write_text(pin((ROOT / "designs" / DESIGN / "spec.toml").read_text(), KNOBS))
        for seed in SEEDS:
            say(f"searching {BUDGET} designs of {DESIGN} by {STRATEGY}, seed {seed}")
            document = search(spec, strategy=STRATEGY, budget=BUDGET, seed=seed, out=Path(name) / f"run{seed}")
            say(f"front of {len(document['front'])}, {document['evaluated']} measured, {document['counts']}")
            alone[seed] = compare(document)
    middle = {name: statistics.median(one.figures[name] for one in alone.values()) for name in alone[SEEDS[0]].figures}
    rows = [{"seed": seed, **row} for seed, one in alone.items() for row in one.rows]
    return Measured(figures={**designs.figures, **middle}, rows=[*designs.rows, *rows], tables=designs.tables)


_FEWER = ", ".join(name for name, plan in DESIGNS.items() if plan.recipes == _ENDS)
_BUDGETS = ", ".join(f"{name} {plan.budget}" for name, plan in DESIGNS.items())
BENCHMARK = Benchmark(
    name="stock",
    summary="Area and period of searched designs against the smallest and the fastest of stock synthesis and XLS.",
    method=f"""\
Ten designs on {" and ".join(TECHNOLOGIES)}, a result a cycle, {_PINNED} pinned.
Rivals have the same function, shell and registers: the plain expression by all of Yosys' flows (`plain`, `booth`,
`booth; alumacc; arith_tree`, the last also onto library full adders, and the latter two behind `mcm` where there are
constants), and Google XLS (`xls-python`: our dataflow as its IR, its optimiser, its combinational Verilog) with
{" and ".join(XLS_FLOWS)} behind it. Both sides are mapped by the same recipes ({_FEWER} by
{", ".join(f"`{name}`" for name in _ENDS)} alone), and every design is simulated against
the golden model. Ours: both ends and the middle of the front first, then strategy `local`,
seed 1, on heaps with all adders, ways of constants and shares of full-adder cells; points in all: {_BUDGETS}.

Areas are the kernel's: what the shell takes is taken off alike on both sides. It is measured once a design and
technology: registers (the states of the filters too), what enables them and the handshake, with everything between
them cut out, by the recipe that makes it smallest. `whole_area_ratio_...` are the ratios with the shell.
`area_ratio_fast`: our least area at the period of stock's fastest point or a shorter one, by that point's;
`area_ratio_small`: the same at the period of stock's smallest point. `period_ratio_fast` and `period_ratio_small`: our
least period at their area or a smaller one, by theirs. `joined_...`: the same against stock and XLS joined. Where no
design of ours is as fast or as small, the excess is multiplied in. Each figure is the geometric mean over the designs
on the worse of the technologies. The tables hold the ratios to stock, and name the fastest and smallest of all rivals.

`{DESIGN}_...`: `hdlgen search` on `{DESIGN}`, the same knobs pinned, sky130hd, strategy `{STRATEGY}`, budget {BUDGET},
against stock alone and with all areas whole; medians of the seeds {", ".join(map(str, SEEDS))}. `small`: one design of
ours against the stock point of the least area; `fast`: one against that of the shortest period.
""",
    goals=(
        *(Goal(figure=name, direction=Bound.AT_MOST, bound=bound) for name, bound in GOALS.items()),
        Goal(figure=f"{DESIGN}_small_area", direction=Bound.AT_MOST, bound=SMALL_AREA),
        Goal(figure=f"{DESIGN}_small_period", direction=Bound.AT_MOST, bound=SMALL_PERIOD),
        Goal(figure=f"{DESIGN}_fast_area", direction=Bound.AT_MOST, bound=FAST),
        Goal(figure=f"{DESIGN}_fast_period", direction=Bound.AT_MOST, bound=FAST),
    ),
    measure=_measure,
    parts=tuple(DESIGNS),
    measure_parts=measure_designs,
)

"""Arithmetic structures of given widths, ours and classic ones, mapped alike and held against each other."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.benchmark import Bound, Goal, Measured, Say
from benchmarks.fronts import behind, domination
from benchmarks.shell import METHOD as SHELL
from benchmarks.shell import Kernel, kernel
from sim.mapped import Mapped
from sim.measure import PRELOAD
from sim.pool import Pool, Task
from sim.steps import map_and_time
from sim.technology import load

__all__ = [
    "GOALS",
    "METHOD",
    "TECHNOLOGIES",
    "Structure",
    "compare",
    "map_structures",
    "measure_structures",
    "row",
    "together",
]

TECHNOLOGIES = ("sky130hd", "gf180_7t_5v")
GOALS = (
    Goal(figure="area_delay_ratio_worst", direction=Bound.AT_MOST, bound=0.92),
    Goal(figure="behind", direction=Bound.AT_MOST, bound=1.0),
)
METHOD = f"""\
{SHELL.rstrip()}
`TECHNOLOGY_WIDTH_STRUCTURE`: of our points that are nowhere worse than the structure's best area-delay product, the
best, in parts of that product (2 where there is none); `area_delay_ratio_worst` is the worst of these. `behind`: the
least factor by which all our points would have to shrink, in area and delay, to be nowhere behind any classic point;
1 or less where nothing needs to.
"""
_SECONDS = 240.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Structure:
    """A structure to be mapped.

    Args:
        kind: `ours` or `classic`.
        family, variant: what it is called, and what sets it apart among its family.
        rtlil: its hardware, between registers.
        flow, gate_share: how it is synthesised.
    """

    kind: str
    family: str
    variant: str
    rtlil: str
    flow: str = "generated"
    gate_share: float = 0.0


def compare(ours: Iterable[Kernel], classic: Mapping[str, Sequence[Kernel]]) -> dict[str, float]:
    """Hold our points against those of the classic structures, at one width in one technology.

    Returns: `behind` as of `fronts.behind` against all of them joined; for each family the best area-delay product of
        ours among points that dominate the family's best one, in parts of its product; 2.0 where none does.
    """
    points = list(ours)
    figures = {"behind": round(behind(points, [point for family in classic.values() for point in family]), 4)}
    for name, family in classic.items():
        figures[name] = round(domination(points, min(family, key=lambda point: point.product)), 4)
    return figures


def map_structures(
    pool: Pool, wanted: Iterable[tuple[Structure, str, str]]
) -> dict[tuple[Structure, str, str], Kernel]:
    """Map structures, each on a technology by a recipe; what is the same is mapped once.

    Raises: HdlgenError where one of them cannot be mapped.
    """
    tasks: dict[tuple[object, ...], Task[Mapped]] = {}
    keys = {}
    for one in wanted:
        structure, technology, recipe = one
        keys[one] = key = (structure.rtlil, technology, recipe, structure.flow, structure.gate_share)
        if key not in tasks:
            way = (structure.rtlil, load(technology), recipe, structure.flow, structure.gate_share)
            tasks[key] = pool.submit(map_and_time, *way, cpu_seconds=_SECONDS)
    return {one: kernel(tasks[key].result().require(), one[1]) for one, key in keys.items()}


def row(structure: Structure, technology: str, width: int, recipe: str, point: Kernel) -> dict[str, Any]:
    """Write down a point."""
    return {
        "kind": structure.kind,
        "technology": technology,
        "width": width,
        "structure": structure.family,
        "variant": structure.variant,
        "recipe": recipe,
        "area_um2": point.area_um2,
        "delay_ps": point.delay_ps,
    }


def measure_structures(
    structures: Mapping[int, Sequence[Structure]], recipes: Mapping[int, Sequence[str]], say: Say
) -> Measured:
    """Map the structures of each width by the recipes of that width on every technology, and compare.

    Raises: HdlgenError where one of them cannot be mapped.
    """
    wanted = [
        (one, technology, recipe)
        for technology in TECHNOLOGIES
        for width, found in structures.items()
        for one in found
        for recipe in recipes[width]
    ]
    with Pool(len(os.sched_getaffinity(0)), preload=PRELOAD) as pool:
        say(f"mapping {len(wanted)} structures")
        kernels = map_structures(pool, wanted)
    rows: list[dict[str, Any]] = []
    figures: dict[str, dict[str, float]] = {}
    for technology in TECHNOLOGIES:
        for width, found in structures.items():
            points: dict[str, dict[str, list[Kernel]]] = {"ours": {}, "classic": {}}
            for one in found:
                for recipe in recipes[width]:
                    point = kernels[one, technology, recipe]
                    points[one.kind].setdefault(one.family, []).append(point)
                    rows.append(row(one, technology, width, recipe, point))
            ours = [point for family in points["ours"].values() for point in family]
            figures[f"{technology}_{width}"] = compare(ours, points["classic"])
            say(f"{technology}, {width} bits: {figures[f'{technology}_{width}']}")
    return Measured(figures=together(figures), rows=rows)


def together(figures: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    """Give the figures of the whole from those of `compare`, which are named by technology and width."""
    ratios = {
        f"{place}_{name}": ratio
        for place, found in figures.items()
        for name, ratio in found.items()
        if name != "behind"
    }
    behinds = [found["behind"] for found in figures.values()]
    return {"area_delay_ratio_worst": max(ratios.values()), "behind": max(behinds), **ratios}

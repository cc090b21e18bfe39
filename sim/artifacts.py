"""Artifacts: the files of measured designs. The same point gives the same bytes, whenever they are made."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

from hdlgen.errors import ToolError
from hdlgen.evaluation import Status
from hdlgen.knobs import settings
from hdlgen.space import Point
from sim.cache import digest
from sim.fpga import Fpga
from sim.junit import write_report
from sim.measure import NETLIST, Measure
from sim.pool import Task
from sim.steps import MAP_SECONDS, Built, unit_areas

__all__ = ["Artifacts", "collect"]

Artifacts = dict[str, str]
"""The text of each file by its name: design.v, netlist.v, results.xml, datapath.json, critical_path.txt."""

_KERNEL = "top.kernel."
"""What the paths of units begin with."""


def collect(measure: Measure, points: Sequence[Point]) -> list[Artifacts]:
    """Give the files of measured points; a point that the cache does not hold is measured again.

    Raises: ToolError where a point cannot be measured; what `Measure.evaluate` raises.
    """
    designs = measure.built(points)
    chosen = [settings(point) for point in points]
    keys = [measure.key(built, each.recipe, each.gate_share) for built, each in zip(designs, chosen, strict=True)]
    lost = [point for key, point in zip(keys, points, strict=True) if measure.cache.get(key) is None]
    for evaluation in measure.evaluate(lost):
        if evaluation.status is not Status.OK:
            text = evaluation.point.text()
            raise ToolError(f"{text}: the design must be ok when measured again, not {evaluation.status.value}")
    areas = _areas(measure, points, designs, keys)
    return [_files(measure, *each) for each in zip(points, designs, keys, areas, strict=True)]


def _areas(
    measure: Measure, points: Sequence[Point], designs: Sequence[Built], keys: Sequence[str]
) -> list[dict[str, float]]:
    """Give the areas of what each design holds; nothing for a design where that fails, which may go without."""
    tasks: dict[str, Task[dict[str, float]]] = {}
    if isinstance(measure.technology, Fpga):  # tables are shared between units: nobody can tell whose they are
        return [{} for _ in keys]
    for point, built, key in zip(points, designs, keys, strict=True):
        if measure.cache.get(digest("units", key)) is None:
            arguments = (built.rtlil, measure.technology, settings(point).recipe)
            tasks[key] = measure.pool.submit(unit_areas, *arguments, cpu_seconds=MAP_SECONDS)
    for key, task in tasks.items():
        outcome = task.result()
        if outcome.failure is None:
            measure.cache.put(digest("units", key), {"areas": outcome.require()})
    return [(measure.cache.get(digest("units", key)) or {}).get("areas", {}) for key in keys]


def _files(measure: Measure, point: Point, built: Built, key: str, areas: Mapping[str, float]) -> Artifacts:
    record = measure.cache.get(key)
    assert record is not None
    score, simulation = record["score"], record["simulation"]
    results = write_report(
        point.text(),
        failure="",
        is_error=False,
        seconds=0.0,  # a measured time would differ from one making to the next
        properties=simulation | {name: score[name] for name in ("interval_cycles", "latency_cycles")},
    )
    return {
        "design.v": built.verilog,
        "netlist.v": zlib.decompress(measure.cache.files(key)[NETLIST].read_bytes()).decode(),
        "results.xml": results,
        "datapath.json": json.dumps(_with_areas(built.datapath, areas, score), indent=1) + "\n",
        "critical_path.txt": "\n".join(record["path"]) + "\n",
    }


def _with_areas(datapath: Mapping[str, Any], areas: Mapping[str, float], score: Mapping[str, float]) -> dict[str, Any]:
    """Write each unit's area into a summary, without its pipeline registers: flip-flops are a kind of their own."""
    register_um2 = score.get("flip_flop_area_um2", 0.0) / max(score["flip_flops"], 1)
    units = []
    for unit in datapath["units"]:
        area_um2 = areas.get(_KERNEL + unit["name"])
        if area_um2 is not None:
            area_um2 = round(max(area_um2 - register_um2 * unit["pipeline_bits"], 0.0), 4)
        units.append({**unit, "area_um2": area_um2})
    return {**datapath, "units": units}

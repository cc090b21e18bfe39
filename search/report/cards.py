"""What the report says about each design of the front: title, figures, picture, area, tests, critical path."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from search.report.datapath import draw_datapath
from search.report.design import Design, Tests
from search.report.quantities import count, figure
from search.report.run import Run
from search.report.structure import Datapath
from search.report.tables import Column, front_rows, knob_text, varied_knobs

__all__ = ["cards", "kind_colours"]

COLOURS = 8
MOST_STEPS = 60
FLIP_FLOPS = "flip-flops"
HIGHLIGHTS = (
    "area_um2",
    "luts",
    "dsps",
    "brams",
    "clock_mhz",
    "throughput_msps",
    "interval_cycles",
    "latency_cycles",
    "latency_ns",
    "flip_flops",
)


def kind_colours(designs: Sequence[Design]) -> dict[str, str]:
    """Give each kind a colour class for the whole report, by area and operations; the least share the last one."""
    areas: dict[str, float] = defaultdict(float)
    operations: dict[str, int] = defaultdict(int)
    for design in designs:
        for kind, area in _kinds(design).items():
            areas[kind] += area
        for unit in design.datapath.units if design.datapath else ():
            operations[unit.kind] += unit.operations
    order = sorted({*areas, *operations} - {FLIP_FLOPS}, key=lambda kind: (-areas[kind], -operations[kind], kind))
    return {kind: f"kind-{min(place, COLOURS - 1)}" for place, kind in enumerate(order)}


def _kinds(design: Design) -> dict[str, float]:
    """Give area by kind: as measured, else as the sum over the units that know theirs."""
    if design.areas:
        return dict(design.areas)
    kinds: dict[str, float] = defaultdict(float)
    for unit in design.datapath.units if design.datapath else ():
        if unit.area_um2 is not None:
            kinds[unit.kind] += unit.area_um2
    return dict(kinds)


def _areas(design: Design, colours: Mapping[str, str]) -> tuple[list[dict[str, str]], str]:
    """Part a design's area by kind of unit, flip-flops and the rest.

    Returns: label, colour class, text, share and bar width of each part; and a note on what the figures are.
    """
    score = design.trial.score or {}
    if "luts" in score:
        return [], "On an FPGA units share tables and registers share their cells: nobody can tell whose they are."
    total, flip_flops = score.get("area_um2", 0.0), score.get("flip_flop_area_um2", 0.0)
    kinds = _kinds(design)
    parts = [(kind, colours[kind], area) for kind, area in kinds.items() if area > 0 and kind != FLIP_FLOPS]
    parts.sort(key=lambda part: (-part[2], part[0]))
    parts.append((FLIP_FLOPS, FLIP_FLOPS, kinds.get(FLIP_FLOPS, flip_flops)))
    known = sum(area for _, _, area in parts)
    rest = total - known
    others = "control, multiplexers and other logic" if len(parts) > 1 else "logic"
    parts += [(others, "rest", rest)] if rest > 0.005 * total else []
    full = max(total, known) or 1.0
    note = ""
    if not kinds:
        note = "The areas of single units are not known; flip-flops and total are measured."
    elif rest < -0.005 * total:
        note = (
            "The areas of units are estimates from before mapping; with the flip-flops they exceed the measured "
            f"{figure(total)} µm²."
        )
    places = 0 if full >= 1000 else 2
    written = [
        {
            "label": label,
            "colour": colour,
            "text": figure(area, places),
            "share": f"{100 * area / (total or full):.0f}",
            "width": f"{100 * area / full:.2f}",
        }
        for label, colour, area in parts
        if area > 0
    ]
    return written, note


def _caption(datapath: Datapath) -> str:
    inner = sum(unit.pipeline_bits for unit in datapath.units)
    stored = sum(register.width for register in datapath.registers)
    inside = f" and {figure(inner)} bit of pipeline registers inside units" if inner else ""
    units = count(len(datapath.units), "unit")
    operations = count(sum(unit.operations for unit in datapath.units), "operation")
    every = "every cycle" if datapath.interval_cycles == 1 else f"every {datapath.interval_cycles} cycles"
    return (
        f"{units} for {operations}; {count(len(datapath.registers), 'register')} with {figure(stored)} bit{inside}. "
        f"A new token {every}, its result after {count(datapath.latency_cycles, 'cycle')}."
    )


def _tests(tests: Tests | None) -> dict[str, Any] | None:
    if tests is None:
        return None
    failed, skipped, total = tests.count("failed"), tests.count("skipped"), len(tests.cases)
    passed = f"{count(total - skipped, 'test')} passed"
    text = f"{figure(failed)} of {count(total, 'test')} failed" if failed else passed
    return {
        "verdict": "bad" if failed or not total else "good",
        "text": (text if total else "no test ran") + (f", {skipped} skipped" if skipped else ""),
        "cases": tests.cases,
        "figures": [(name.replace("_", " "), value) for name, value in tests.figures],
    }


def _path(steps: Sequence[tuple[str, float]]) -> list[tuple[str, str, str]]:
    """Write a critical path as rows: where, arrival, and what the step added; the middle of a long one is left out."""
    arrivals = [0.0, *(arrival for _, arrival in steps)]
    rows = [
        (where, figure(arrival), figure(arrival - before))
        for (where, arrival), before in zip(steps, arrivals, strict=False)
    ]
    if len(rows) <= MOST_STEPS:
        return rows
    half = MOST_STEPS // 2
    return [*rows[:half], (f"… {len(rows) - 2 * half} more", "", ""), *rows[-half:]]


def cards(run: Run, designs: Sequence[Design], shown: Sequence[Column]) -> list[dict[str, Any]]:
    """Collect for each design what the page shows of it."""
    varied, _ = varied_knobs(designs)
    colours = kind_colours(designs)
    by_metric = {column.metric: column for column in shown}
    wanted = dict.fromkeys([*(objective.metric for objective in run.objectives), *HIGHLIGHTS])
    collected = []
    for design, cells in zip(designs, front_rows(designs, shown), strict=True):
        knobs = {name: knob_text(value) for name, value in design.trial.point}
        texts = {column.metric: cell.text for column, cell in zip(shown, cells, strict=True)}
        areas, note = _areas(design, colours)
        datapath = design.datapath
        label = f"Datapath of design {design.number}"
        collected.append(
            {
                "number": design.number,
                "title": [f"{name} {knobs[name]}" for name in varied if name in knobs] or [run.name],
                "links": [*design.links, *([("folder", quote(design.folder) + "/")] if design.folder else [])],
                "folder": design.folder,
                "address": quote(design.folder) + "/",
                "command": design.command,
                "cells": cells,
                "varied": [knobs.get(name, "") for name in varied],
                "knobs": list(knobs.items()),
                "highlights": [
                    {
                        "noun": by_metric[metric].noun,
                        "unit": by_metric[metric].unit.removesuffix("s" if texts[metric] == "1" else ""),
                        "text": texts[metric],
                    }
                    for metric in wanted
                    if metric in by_metric
                ],
                "picture": draw_datapath(datapath, colours, label) if datapath else None,
                "caption": _caption(datapath) if datapath else "",
                "areas": areas,
                "area_note": note,
                "tests": _tests(design.tests),
                "checks": design.checks.lines if design.checks else [],
                "path": _path(design.path),
                "steps": count(len(design.path), "step"),
            }
        )
    return collected

"""A run folder as a real search of an eight-lane dot product leaves it, made up from a small cost model."""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

__all__ = ["HOSTILE", "KNOBS", "OBJECTIVES", "STOCK_RECIPES", "datapath", "score", "write_run"]

KNOBS: dict[str, list[Any]] = {
    "interval": [1, 2, 4, 8],
    "stages": [0, 1, 2],
    "multiplier": ["dadda", "booth"],
    "adder": ["ripple", "sklansky", "kogge_stone"],
    "recipe": ["fast", "lean"],
    "full_adders": ["gates", "cells"],
    "reduction": ["heap"],
}
OBJECTIVES = [
    {"metric": "area_um2", "direction": "minimize"},
    {"metric": "throughput_msps", "direction": "maximize"},
]
STOCK_RECIPES = {
    ("plain", "fast"): (28799, 4678),
    ("plain", "lean"): (28484, 7463),
    ("booth", "fast"): (24006, 4843),
    ("booth", "lean"): (20863, 7783),
    ("booth_tree", "fast"): (23305, 4625),
    ("booth_tree", "lean"): (20357, 7503),
}
HOSTILE = "<script>alert('x')</script>\"'&{{7*7}}</style></script><!--"

SPEC = """\
name = "dot8"
summary = "Dot product of two vectors of eight 8-bit integers"

[inputs]
a = { format = "i8", shape = [8] }
b = { format = "i8", shape = [8] }
[outputs]
y = { format = "i19" }
[compute]
y = "sum(a * b)"
[constraints]
clock_mhz = 100
[objectives]
minimize = ["area_um2"]
maximize = ["throughput_msps"]
[search]
strategy = "evolution"
budget = 40
seed = 1
"""


def figures(area: float, flip_flops: int, period: float, interval: int, latency: int) -> dict[str, float]:
    """Give the score that belongs to some measured figures."""
    clock = 1e6 / period
    return {
        "area_um2": round(area, 2),
        "flip_flop_area_um2": round(flip_flops * 20.02, 2),
        "clock_mhz": clock,
        "period_ps": period,
        "throughput_msps": clock / interval,
        "interval_cycles": float(interval),
        "latency_cycles": latency,
        "latency_ns": latency * period / 1000,
        "error_lsb": 0.0,
        "cells": int(area / 9.3),
        "flip_flops": flip_flops,
    }


def score(point: Mapping[str, Any]) -> dict[str, float]:
    """Cost a point: folding saves multipliers and costs registers, stages cut the period, cells save area."""
    lanes, stages = 8 // point["interval"], point["stages"]
    per_lane = 1480 if point["multiplier"] == "booth" else 1610
    area, period = lanes * per_lane, 4700 - 260 * (point["interval"] > 1)
    carry = {"ripple": (120, 1500), "sklansky": (310, 420), "kogge_stone": (520, 180)}[
        point["adder"].removesuffix(HOSTILE)
    ]
    area, period = area + carry[0], period + carry[1]
    if point["recipe"] == "lean":
        area, period = area * 0.87, period * 1.55
    if point["full_adders"] == "cells":
        area, period = area * 0.74, period * 1.22
    flip_flops = 150 + stages * (64 + 14 * lanes) + (40 if point["interval"] > 1 else 0)
    period = period / (1 + 0.75 * stages) + 180
    latency = 2 + stages + point["interval"] - 1
    return figures(area + flip_flops * 20.02, flip_flops, round(period, 1), point["interval"], latency)


def datapath(point: Mapping[str, Any]) -> dict[str, Any]:
    """Describe the structure of a point: multipliers, an adder tree, an accumulator where it is folded."""
    interval, stages = point["interval"], point["stages"]
    lanes = 8 // interval
    style = f"{point['multiplier']}, {point['adder']}"
    last = stages + interval - 1
    units = [
        _unit(f"product_{lane}", "multiplier", 16, interval, 0, interval - 1, style, 1290.0) for lane in range(lanes)
    ]
    edges: list[list[Any]] = []
    for lane in range(lanes):
        edges += [["a", f"product_{lane}", 8], ["b", f"product_{lane}", 8]]
    names, width, level, cycle = [unit["name"] for unit in units], 16, 0, interval - 1
    registers = []
    while len(names) > 1:
        level, width = level + 1, width + 1
        if level <= stages:
            cycle += 1
            registers += [{"name": f"{name}_r", "width": width - 1, "cycle": cycle} for name in names]
            edges += [[name, f"{name}_r", width - 1] for name in names]
            names = [f"{name}_r" for name in names]
        pairs = list(zip(names[::2], names[1::2], strict=True))
        names = [f"sum_{level}_{index}" for index in range(len(pairs))]
        units += [_unit(name, "adder", width, 1, cycle, cycle, point["adder"], 96.0) for name in names]
        edges += [[side, name, width - 1] for name, pair in zip(names, pairs, strict=True) for side in pair]
    if interval > 1:
        units.append(_unit("total", "accumulator", 19, interval, cycle, max(cycle, last), point["adder"], 240.0))
        edges += [[names[0], "total", width], ["total", "total_r", 19], ["total_r", "total", 19]]
        registers.append({"name": "total_r", "width": 19, "cycle": max(cycle, last) + 1})
        names = ["total"]
    edges.append([names[0], "y", 19])
    measured = score(point)
    logic = measured["area_um2"] - measured["flip_flop_area_um2"]
    weight = sum(unit["area_um2"] for unit in units)
    for unit in units:
        unit["area_um2"] = round(unit["area_um2"] * 0.9 * logic / weight, 2)
    return {
        "interval_cycles": interval,
        "latency_cycles": 2 + last,
        "units": units,
        "registers": registers,
        "edges": edges,
        "inputs": [{"name": "a", "width": 64}, {"name": "b", "width": 64}],
        "outputs": [{"name": "y", "width": 19}],
    }


def _unit(
    name: str, kind: str, width: int, operations: int, cycle: int, last_cycle: int, detail: str, area: float
) -> dict[str, Any]:
    return {
        "name": name,
        "kind": kind,
        "width": width,
        "operations": operations,
        "cycle": cycle,
        "last_cycle": last_cycle,
        "detail": detail,
        "area_um2": area,
    }


def _front(trials: Sequence[Mapping[str, Any]], objectives: Sequence[Mapping[str, str]]) -> list[Mapping[str, Any]]:
    """Find the front by the definition, pair by pair."""
    signs = {"minimize": 1, "maximize": -1}

    def costs(trial: Mapping[str, Any]) -> list[float]:
        return [signs[o["direction"]] * trial["score"][o["metric"]] for o in objectives]

    feasible = [trial for trial in trials if trial["feasible"]]
    return [
        one
        for place, one in enumerate(feasible)
        if not any(
            all(x <= y for x, y in zip(costs(other), costs(one), strict=True))
            and (costs(other) != costs(one) or index < place)
            for index, other in enumerate(feasible)
        )
    ]


def _write_design(folder: Path, trial: Mapping[str, Any]) -> None:
    folder.mkdir(parents=True)
    knobs = "".join(f"{name} = {json.dumps(value)}\n" for name, value in trial["point"].items())
    (folder / "point.toml").write_text(f"[point]\n{knobs}\n[score]\narea_um2 = 1.0\n", encoding="utf-8")
    (folder / "design.v").write_text("module top; endmodule\n", encoding="utf-8")
    (folder / "netlist.v").write_text("module top; endmodule\n", encoding="utf-8")
    (folder / "README.md").write_text("How this design was made.\n", encoding="utf-8")
    (folder / "datapath.json").write_text(json.dumps(datapath(trial["point"])), encoding="utf-8")
    (folder / "results.xml").write_text(
        '<testsuites><testsuite name="top">'
        + "".join(
            f'<testcase name="{name}" classname="testbench" time="0.1" sim_time_ns="{time}">'
            f'<properties><property name="{name}_tokens" value="256"/></properties></testcase>'
            for name, time in (("corners", 2750), ("random", 20480), ("stalls", 61230), ("rate", 3110))
        )
        + "</testsuite></testsuites>",
        encoding="utf-8",
    )
    steps = [
        ("a_r[3]", "dfxtp_1", "Q", 310.4),
        ("pp_3_2", "nand2_1", "Y", 402.9),
        ("heap_9_1", "fa_1", "COUT", 902.2),
        ("sum_14", "xor2_1", "X", 1410.7),
        ("y_r[18]", "dfxtp_1", "D", 1504.6),
    ]
    path = "".join(f"{instance} {cell} {pin} {arrival:.0f} ps\n" for instance, cell, pin, arrival in steps)
    (folder / "critical_path.txt").write_text(path, encoding="utf-8")


def write_run(
    folder: Path,
    *,
    budget: int = 40,
    seed: int = 1,
    objectives: Sequence[Mapping[str, str]] = OBJECTIVES,
    ended: bool = True,
    stock: bool = True,
    hostile: bool = False,
) -> Path:
    """Write a run folder with failures, infeasible and repeated points among its evaluations.

    Args:
        ended: whether there are a result and design folders.
        hostile: whether every text that can be chosen is an attack on the page.
    """
    folder.mkdir(parents=True)
    generator = random.Random(seed)
    space = [dict(zip(KNOBS, choices, strict=True)) for choices in itertools.product(*KNOBS.values())]
    evil = HOSTILE if hostile else ""
    trials: list[dict[str, Any]] = []
    again = [place for place in (9, 17, 30) if place < budget]
    for index, point in enumerate(generator.sample(space, budget + len(again))):
        status = generator.choices(["ok", "mismatch", "timeout", "invalid"], [90, 3, 4, 3])[0]
        measured = score(point) if status == "ok" else None
        trials.append(
            {
                "point": {
                    name: f"{value}{evil}" if name == "adder" and evil else value for name, value in point.items()
                },
                "status": status,
                "score": measured,
                "feasible": measured is not None and measured["clock_mhz"] >= 100,
                "key": f"{generator.getrandbits(256):064x}",
                "runtime_s": round(generator.uniform(1, 3), 3),
                "message": "" if measured else f"{point['adder']}: ABC took more than 60 s of CPU time{evil}",
                "index": index,
                "batch": index // 8,
                "repeated": index in again,
                "elapsed_s": round(1.31 * (index + 1), 2),
            }
        )
    for place in again:
        copied = next(trial for trial in trials if trial["status"] == "ok" and not trial["repeated"])
        trials[place] |= {key: copied[key] for key in ("status", "score", "feasible", "key", "message")}
    header = {
        "format": 1,
        "name": f"dot8{evil}",
        "summary": f"Dot product of two vectors of eight 8-bit integers{evil}",
        "spec": SPEC + evil,
        "technology": "sky130hd" + evil,
        "strategy": "evolution" + evil,
        "seed": seed,
        "budget": budget,
        "batch": 8,
        "objectives": list(objectives),
        "constraints": [{"metric": "clock_mhz", "bound": 100}],
        "knobs": KNOBS | ({evil: [evil]} if evil else {}),
        "space_size": len(space),
        "versions": {"hdlgen": "0.1.0", "yosys": "0.70", "abc": "UC Berkeley, ABC 1.01", "icarus": f"12.0{evil}"},
        "command": f"hdlgen search designs/dot8/spec.toml --budget {budget} --seed {seed}{evil}",
    }
    (folder / "run.json").write_text(json.dumps(header, indent=1), encoding="utf-8")
    (folder / "evaluations.jsonl").write_text("".join(json.dumps(trial) + "\n" for trial in trials), encoding="utf-8")
    if stock:
        lines: list[dict[str, Any]] = [
            {"flow": flow + evil, "recipe": recipe + evil, "score": figures(area, 150, period, 1, 2)}
            for (flow, recipe), (area, period) in STOCK_RECIPES.items()
        ]
        lines.append({"flow": "booth", "recipe": "leanest", "score": None})
        (folder / "stock.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    if ended:
        found = sorted(_front(trials, objectives), key=lambda trial: float(trial["score"]["area_um2"]))
        for place, trial in enumerate(found, start=1):
            _write_design(folder / "front" / f"{place:02d}-{trial['key'][:8]}", trial)
        result = {"name": header["name"], "wall_s": 58.4, "front": [{"point": trial["point"]} for trial in found]}
        (folder / "result.json").write_text(json.dumps(result), encoding="utf-8")
    return folder

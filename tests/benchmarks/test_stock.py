"""The comparison with stock, on fronts whose answer is known."""

from __future__ import annotations

import random
import tomllib
from typing import Any

import pytest

from benchmarks.benchmark import ROOT
from benchmarks.stock import DESIGN, KNOBS, compare, pin
from hdlgen.cli.project import open_project
from hdlgen.errors import ToolError


def design(area: float, period: float, interval: float = 1.0) -> dict[str, Any]:
    score = {"area_um2": area, "period_ps": period, "interval_cycles": interval, "latency_cycles": 2, "cells": 7}
    return {"point": {"recipe": "fast"}, "score": score}


def figures(front: list[dict[str, Any]], stock: list[dict[str, Any]]) -> list[float]:
    found = compare({"front": front, "stock": stock}, name="d").figures
    return [found[f"d_{name}"] for name in ("small_area", "small_period", "fast_area", "fast_period")]


STOCK = [design(1000, 800), design(1500, 500), design(1200, 600), design(1000, 900), design(1600, 500)]


def test_each_pair_is_of_one_design_against_the_smallest_and_the_fastest() -> None:
    # Of the ratios against 1000/800, (0.7, 1.0) misses the period and (0.9, 0.8) the area; (0.8, 0.9) is just it.
    assert figures([design(700, 800), design(800, 720), design(900, 640)], STOCK) == [0.8, 0.9, 0.6, 1.28]
    assert figures([design(700, 800), design(1350, 450)], STOCK) == [0.7, 1.0, 0.9, 0.9]


def test_ties_of_stock_are_taken_at_their_best() -> None:
    rows = compare({"front": [design(800, 720)], "stock": STOCK}, name="d").rows
    marked = {row["mark"]: (row["area_um2"], row["period_ps"]) for row in rows if row["mark"]}
    assert marked == {"small_and_fast": (800, 720), "stock_smallest": (1000, 800), "stock_fastest": (1500, 500)}


def test_the_best_of_a_random_front_is_the_best_of_all_of_them() -> None:
    source = random.Random(1)
    for _ in range(50):
        front = [design(source.uniform(500, 2000), source.uniform(300, 1000)) for _ in range(20)]
        found = figures(front, STOCK)
        alone = [figures([one], STOCK) for one in front]
        assert max(found[0] / 0.80, found[1] / 0.90) == min(max(one[0] / 0.80, one[1] / 0.90) for one in alone)
        assert max(found[2:]) == min(max(one[2:]) for one in alone)


@pytest.mark.parametrize(
    ("front", "stock", "message"),
    [
        ([], STOCK, "stock: the front must hold a design"),
        ([design(1, 1)], [], "stock: the stock must hold a design"),
        ([design(1, 1, 2.0)], STOCK, "stock: a design must give a result a cycle, not in 2 cycles"),
    ],
)
def test_what_cannot_be_compared_is_refused(front: list[Any], stock: list[Any], message: str) -> None:
    with pytest.raises(ToolError) as caught:
        figures(front, stock)
    assert str(caught.value) == message


def test_the_pinned_spec_is_the_shipped_one_with_its_knobs(tmp_path: Any) -> None:
    shipped = (ROOT / "designs" / DESIGN / "spec.toml").read_text()
    pinned = pin(shipped, KNOBS)
    assert tomllib.loads(pinned) == {**tomllib.loads(shipped), "knobs": {"interval": 1, "stages": 0}}
    (tmp_path / "spec.toml").write_text(pinned)
    space = open_project(str(tmp_path / "spec.toml")).space
    assert {(point["interval"], point["stages"]) for point in space.enumerate()} == {(1, 0)}
    with pytest.raises(ToolError, match="must leave its knobs open"):
        pin(pinned, KNOBS)

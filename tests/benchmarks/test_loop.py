"""The two loops: rates by hand, and the naive loop on a small design, right and with a planted fault."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from benchmarks.loop import Naive, Round, measured, play, profile, summarise
from benchmarks.naive.point import read_area
from hdlgen.cli.project import Project, open_project
from hdlgen.errors import ToolError
from hdlgen.evaluation import Evaluation, Score, Status
from hdlgen.space import Point
from sim import tools
from sim.workload import Workload

SPEC = """\
name = "product"
[inputs]
a = { format = "i4" }
b = { format = "u3" }
[compute]
y = "a * b"
[outputs]
y = {}
"""
needs_icarus = pytest.mark.skipif(tools.find("iverilog") is None, reason="Icarus is not installed")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / "spec.toml").write_text(SPEC)
    return open_project(str(tmp_path / "spec.toml"))


def test_rates_are_over_all_rounds() -> None:
    rounds = [Round(points=8, ours_s=4.0, naive_s=20.0), Round(points=8, ours_s=6.0, naive_s=12.0)]
    found = summarise(rounds)
    assert found.figures == {
        "ratio": 3.2,
        "ratio_lowest_round": 2.0,
        "ratio_highest_round": 5.0,
        "points_per_second": 1.6,
        "naive_points_per_second": 0.5,
    }
    assert [row["ratio"] for row in found.rows] == [5.0, 2.0]


def test_the_profile_shows_the_dearest_stage_first() -> None:
    table = profile({"build": 1.0, "map": 3.0}, 8)
    assert table.rows == (("map", "375", "75.0%"), ("build", "125", "25.0%"))


def test_the_area_is_that_of_the_whole_design() -> None:
    text = 'Warning: a cell\n{"modules": {"\\\\top": {"area": 3.0}}, "design": {"area": 12.5, "num_cells": 2}}\nEnd.\n'
    assert read_area(text) == 12.5


@needs_icarus
def test_the_naive_loop_measures_a_design(project: Project, tmp_path: Path) -> None:
    naive = Naive(project, Workload(project.spec.graph), folder=tmp_path / "naive")
    job = naive.prepare(project.space.default())
    assert len(json.loads((job.parent / "tokens.json").read_text())["inputs"]) >= 256
    result = naive.measure(job)
    assert result["interval_cycles"] == 1.0
    # Seven input bits, seven of the result and the bits that say what is valid: at least 14 of the smallest flip-flop.
    flip_flop = min(cell.area_um2 for cell in project.cell_technology.cells.values() if cell.flip_flop is not None)
    assert 14 * flip_flop < result["area_um2"] < 100 * flip_flop


@needs_icarus
def test_the_naive_loop_sees_a_fault(project: Project, tmp_path: Path) -> None:
    naive = Naive(project, Workload(project.spec.graph), folder=tmp_path / "naive")
    job = naive.prepare(project.space.default())
    tokens = json.loads((job.parent / "tokens.json").read_text())
    tokens["expected"][-1] = f"{int(tokens['expected'][-1], 16) ^ 1:x}"
    (job.parent / "tokens.json").write_text(json.dumps(tokens))
    with pytest.raises(ToolError, match=r"Failed 1 of 1 tests"):
        naive.measure(job)


class Toy:
    """Stand for our own loop."""

    def __init__(self, **changes: Any) -> None:
        self.changes = changes

    def evaluate(self, points: Sequence[Point]) -> Iterator[Evaluation]:
        figures: dict[str, Any] = dict.fromkeys(Score.__dataclass_fields__, 1) | {"interval_cycles": 2.0}
        for point in points:
            record: dict[str, Any] = {"status": Status.OK, "score": Score(**figures), "runtime_s": 0.5} | self.changes
            yield Evaluation(point=point, **record)


class ToyNaive:
    """Stand for the naive loop; every point takes two cycles a result."""

    def __init__(self, cycles: float = 2.0) -> None:
        self.cycles = cycles

    def prepare(self, point: Point) -> Point:
        return point

    def measure(self, job: Point) -> dict[str, float]:
        return {"area_um2": 1.0, "interval_cycles": self.cycles}


@pytest.mark.parametrize("ours_first", [True, False])
def test_both_loops_play_the_same_points(project: Project, ours_first: bool) -> None:
    points = project.space.sample(3, 1)
    ours: Any = Toy()
    naive: Any = ToyNaive()
    assert play(ours, naive, points, ours_first=ours_first).points == 3


@pytest.mark.parametrize(
    ("loops", "message"),
    [
        ((Toy(status=Status.TIMEOUT, score=None), ToyNaive()), "must be measured, not end as timeout"),
        ((Toy(runtime_s=0.0), ToyNaive()), "must be measured now, not be known before"),
        ((Toy(), ToyNaive(4.0)), "both loops must see the same interval, not 2 and 4 cycles"),
    ],
)
def test_a_loop_that_does_not_do_its_work_is_refused(project: Project, loops: tuple[Any, Any], message: str) -> None:
    ours, naive = loops
    with pytest.raises(ToolError) as caught:
        play(ours, naive, project.space.sample(2, 1), ours_first=True)
    assert str(caught.value).endswith(message)


def test_what_was_measured_is_given(project: Project) -> None:
    points = project.space.sample(2, 1)
    toy: Any = Toy()
    assert [evaluation.point for evaluation in measured(toy, points)] == points

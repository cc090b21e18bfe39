"""The comparison with plain tables, on scores whose answer is known."""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks.functions import DESIGNS, compare, points
from hdlgen.cli.project import open_project
from hdlgen.errors import ToolError
from hdlgen.evaluation import Evaluation, Score, Status
from hdlgen.space import Point

SCORE = Score(
    area_um2=1.0,
    flip_flop_area_um2=0.5,
    clock_mhz=100.0,
    period_ps=1e4,
    throughput_msps=100.0,
    interval_cycles=1.0,
    latency_cycles=2,
    latency_ns=20.0,
    error_lsb=1.0,
    cells=9,
    flip_flops=4,
)


def measured(method: str, area: float, **changes: object) -> Evaluation:
    point = Point(values=(("function", method), ("recipe", "lean")))
    made = Evaluation(point=point, status=Status.OK, score=replace(SCORE, area_um2=area), feasible=True)
    return replace(made, **changes)  # type: ignore[arg-type]


def test_the_smallest_of_each_side_are_compared_and_the_worst_ratio_counts() -> None:
    lost = measured("table", 1.0, status=Status.TIMEOUT, score=None, feasible=False)
    found = compare(
        {
            ("a", "t"): [measured("linear", 30), measured("linear", 20), measured("table", 80), measured("table", 50)],
            ("b", "t"): [measured("linear", 30), measured("table", 60), lost],
        }
    )
    assert found.figures == {"area_ratio_worst": 0.5, "a_t": 0.4, "b_t": 0.5}
    assert [(row["kind"], row["area_um2"]) for row in found.rows] == [
        *(("ours", 20), ("plain table", 50)),
        *(("ours", 30), ("plain table", 60)),
    ]


@pytest.mark.parametrize(
    ("evaluations", "message"),
    [
        ([measured("linear", 30)], "functions: a on t must have a design on both sides"),
        (
            [measured("linear", 3, status=Status.MISMATCH, score=None, feasible=False, message="wrong")],
            "functions: a, function=linear,recipe=lean must be right, not wrong",
        ),
        (
            [measured("linear", 30, feasible=False)],
            "functions: a, function=linear,recipe=lean must be right, not error 1 LSB",
        ),
    ],
)
def test_what_cannot_be_compared_is_refused(evaluations: list[Evaluation], message: str) -> None:
    with pytest.raises(ToolError) as caught:
        compare({("a", "t"): evaluations})
    assert str(caught.value) == message


def test_both_sides_are_measured_by_every_recipe() -> None:
    project = open_project(DESIGNS[1])
    wanted = points(project)
    recipes = next(knob.choices for knob in project.space.knobs if knob.name == "recipe")
    sides = {(point["function"], point["recipe"]) for point in wanted}
    assert sides == {(method, recipe) for method in (project.compiler.methods[0], "table") for recipe in recipes}

"""The comparison on an FPGA, on scores whose answer is known."""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks.fpga import BENCHMARK, DESIGNS, Contest, best, compare, points
from hdlgen.cli.project import open_project
from hdlgen.errors import ToolError
from hdlgen.evaluation import Evaluation, Score, Status
from hdlgen.space import Point
from sim.stock import StockPoint

SCORE = Score(
    clock_mhz=100.0,
    period_ps=1e4,
    throughput_msps=100.0,
    interval_cycles=1.0,
    latency_cycles=2,
    latency_ns=20.0,
    error_lsb=0.0,
    cells=9,
    flip_flops=4,
    luts=100,
    dsps=0,
    brams=0,
)


def score(luts: int, clock_mhz: float, dsps: int = 0, rate: float | None = None) -> Score:
    return replace(SCORE, luts=luts, clock_mhz=clock_mhz, throughput_msps=rate or clock_mhz, dsps=dsps)


def ours(luts: int, clock_mhz: float, *, dsps: int = 0, rate: float | None = None) -> Evaluation:
    point = Point(values=(("stages", luts),))
    return Evaluation(point=point, status=Status.OK, score=score(luts, clock_mhz, dsps, rate), feasible=True)


def stock(luts: int, clock_mhz: float, dsps: int = 0) -> StockPoint:
    return StockPoint(flow="plain", recipe="abc", score=score(luts, clock_mhz, dsps))


STOCK = [stock(200, 20.0), stock(300, 30.0)]


def test_the_smallest_that_is_as_fast_as_the_fastest_is_held_against_the_smallest() -> None:
    contest = Contest(ours=[ours(90, 29.0), ours(120, 30.0), ours(150, 80.0)], stock=STOCK, seconds=7.04)
    assert best(contest)[1].luts == 120
    other = Contest(ours=[ours(160, 60.0)], stock=STOCK, seconds=3.0, cpu_seconds=1.0)
    found = compare({"a": contest, "b": other})
    assert found.figures == {
        "lut_ratio": 0.8,
        "clock_ratio": 1.0,
        "seconds_max": 7.0,
        "cpu_seconds_max": 1.0,
        "lut_ratio_a": 0.6,
        "clock_ratio_a": 1.0,
        "lut_ratio_b": 0.8,
        "clock_ratio_b": 2.0,
    }
    assert {goal.figure for goal in BENCHMARK.goals} <= set(found.figures)


def test_a_clock_that_is_not_reached_is_a_figure() -> None:
    found = compare({"a": Contest(ours=[ours(10, 20.0), ours(12, 24.0)], stock=STOCK)})
    assert (found.figures["clock_ratio"], found.figures["lut_ratio"]) == (0.8, 0.06)


def test_a_slower_rate_does_not_count_however_small_the_design_is() -> None:
    contest = Contest(ours=[ours(10, 90.0, rate=11.0), ours(150, 40.0)], stock=STOCK)
    assert best(contest)[1].luts == 150


def test_blocks_are_compared_with_blocks_and_stay_out_of_the_figures() -> None:
    contest = Contest(
        ours=[ours(150, 40.0), ours(30, 50.0, dsps=8)], stock=[*STOCK, stock(60, 45.0, dsps=8)], seconds=1.0
    )
    found = compare({"a": contest})
    assert found.figures["lut_ratio"] == 0.75
    assert [(row["dsps"], row["lut_ratio"]) for row in found.rows] == [(0, 0.75), (8, 0.5)]


@pytest.mark.parametrize(
    ("contest", "message"),
    [
        (Contest(ours=[], stock=STOCK), "fpga: we must have a design without multiplier blocks"),
        (Contest(ours=[ours(10, 29.0)], stock=[]), "fpga: stock must have a design without multiplier blocks"),
        (
            Contest(
                ours=[Evaluation(point=Point(values=(("a", 1),)), status=Status.MISMATCH, message="token 3 is wrong")],
                stock=STOCK,
            ),
            "fpga: a=1 must be right, not token 3 is wrong",
        ),
    ],
)
def test_what_cannot_be_compared_is_no_result(contest: Contest, message: str) -> None:
    with pytest.raises(ToolError) as error:
        compare({"a": contest})
    assert str(error.value) == message


def test_every_candidate_takes_a_token_a_cycle() -> None:
    for name in DESIGNS[:2]:
        wanted = points(open_project(name, technology="ice40-up5k"))
        assert len(set(wanted)) == len(wanted) > 4
        assert {point["interval"] for point in wanted} == {1}
        assert any(point.values and dict(point.values).get("multiplier") == "dsp" for point in wanted) == (
            name == "dot8"
        )

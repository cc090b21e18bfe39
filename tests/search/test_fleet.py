"""Fleets counted by hand, and held against what they must reach whatever the design is."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from hdlgen.errors import InputError
from hdlgen.evaluation import Evaluation, Score, Status
from hdlgen.space import Point
from search.fleet import Device, Fleet, Need, best, fleet

SCORE = Score(
    area_um2=250_000.0,
    flip_flop_area_um2=1.0,
    clock_mhz=100.0,
    period_ps=10_000.0,
    throughput_msps=100.0,
    interval_cycles=1.0,
    latency_cycles=2,
    latency_ns=20.0,
    error_lsb=0.0,
    cells=1,
    flip_flops=1,
)


def made(area_um2: float, throughput_msps: float) -> Score:
    return replace(SCORE, area_um2=area_um2, throughput_msps=throughput_msps)


def evaluation(name: int, score: Score, *, feasible: bool = True) -> Evaluation:
    return Evaluation(point=Point(values=(("n", name),)), status=Status.OK, score=score, feasible=feasible)


@pytest.mark.parametrize(
    ("need", "expected"),
    [
        # 4 copies a mm2, 400 on a chip of 100 mm2: 1,000 copies are two and a half chips.
        (
            Need(throughput_msps=100_000),
            Fleet(
                copies=1000, silicon_mm2=250.0, copies_per_chip=400, chip_msps=40_000.0, limit="area", chips=3, room=2.5
            ),
        ),
        # 25 copies stay below a cap of 2,550: 40 chips.
        (
            Need(throughput_msps=100_000, cap_msps=2_550),
            Fleet(
                copies=1000, silicon_mm2=250.0, copies_per_chip=25, chip_msps=2_500.0, limit="cap", chips=40, room=2.5
            ),
        ),
        # One copy is faster than it may be: each runs at 80.
        (
            Need(throughput_msps=1_000, cap_msps=80),
            Fleet(copies=13, silicon_mm2=3.25, copies_per_chip=1, chip_msps=80.0, limit="cap", chips=13, room=0.0325),
        ),
        # Exactly one copy, exactly at the cap.
        (
            Need(throughput_msps=100, cap_msps=100, chip_mm2=0.25),
            Fleet(copies=1, silicon_mm2=0.25, copies_per_chip=1, chip_msps=100.0, limit="area", chips=1, room=1.0),
        ),
        (
            Need(throughput_msps=0.5),
            Fleet(
                copies=1, silicon_mm2=0.25, copies_per_chip=400, chip_msps=40_000.0, limit="area", chips=1, room=0.0025
            ),
        ),
    ],
)
def test_fleets_by_hand(need: Need, expected: Fleet) -> None:
    assert fleet(SCORE, need) == expected


def test_every_fleet_reaches_its_throughput_and_keeps_its_cap() -> None:
    source = np.random.default_rng(1)
    for _ in range(500):
        area, rate, wanted, cap = np.exp(source.uniform([5, 0, 3, -1], [15, 8, 12, 12])).tolist()
        need = Need(throughput_msps=wanted, cap_msps=cap if source.random() < 0.7 else None)
        one = fleet(made(area, rate), need)
        assert one.chips * one.chip_msps >= wanted * (1 - 1e-6)
        assert (one.chips - 1) * one.chip_msps < wanted
        assert one.copies_per_chip * area <= need.chip_mm2 * 1e6
        assert need.cap_msps is None or one.chip_msps <= need.cap_msps * (1 + 1e-6)
        assert one.chips * one.copies_per_chip >= one.copies >= one.chips


def test_a_device_is_filled_up_to_what_runs_out_first() -> None:
    device = Device(luts=5000, dsps=8, brams=30)
    need = Need(throughput_msps=1000)
    routed = replace(SCORE, area_um2=0.0, flip_flop_area_um2=0.0, luts=400, dsps=1, brams=0)
    # 12 by tables, 8 by blocks; 10 copies are two devices.
    assert fleet(routed, need, device) == Fleet(
        copies=10, silicon_mm2=None, copies_per_chip=8, chip_msps=800.0, limit="dsps", chips=2, room=1.25
    )
    without = replace(routed, dsps=0)
    found = fleet(without, need, device)
    assert (found.copies_per_chip, found.limit, found.chips, found.room) == (12, "luts", 1, 0.8)
    assert fleet(routed, replace(need, cap_msps=350), device).limit == "cap"
    assert best([evaluation(1, routed), evaluation(2, without)], need, device) == evaluation(2, without)
    with pytest.raises(InputError, match="a device must hold one copy, which takes 1.25 times its dsps"):
        fleet(replace(routed, dsps=10), need, device)


def test_the_best_design_takes_the_least_silicon() -> None:
    small, fast, broken = made(1000, 10), made(4000, 50), made(10, 1000)
    designs = [evaluation(1, small), evaluation(2, fast), evaluation(3, broken, feasible=False)]
    failed = Evaluation(point=Point(values=(("n", 4),)), status=Status.TIMEOUT)
    assert best([failed, *designs], Need(throughput_msps=1e6)) == designs[1]
    # A cap of 10 a chip leaves the fast one no use of its speed.
    assert best(designs, Need(throughput_msps=1e6, cap_msps=10)) == designs[0]
    assert best([failed], Need(throughput_msps=1)) is None


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"throughput_msps": 0.0}, "--throughput must be finite and above 0, not 0"),
        ({"throughput_msps": 1.0, "cap_msps": -2.0}, "--cap must be finite and above 0, not -2"),
        ({"throughput_msps": 1.0, "chip_mm2": math.inf}, "--chip must be finite and above 0, not inf"),
    ],
)
def test_a_need_that_is_none_is_refused(options: dict[str, float], message: str) -> None:
    with pytest.raises(InputError) as refusal:
        Need(**options)
    assert str(refusal.value) == message


def test_a_chip_without_room_for_a_copy_is_refused() -> None:
    with pytest.raises(InputError) as refusal:
        best([evaluation(1, SCORE)], Need(throughput_msps=1, chip_mm2=0.2))
    assert str(refusal.value) == "--chip must be at least 0.25 mm2, the area of one copy, not 0.2"

"""Fronts, progress and comparisons against definitions written out in plain Python."""

from __future__ import annotations

import math
import random
from dataclasses import replace

import numpy as np
import pytest

from hdlgen.evaluation import Direction, Objective, Status
from search.missing import estimate
from search.report.run import Run, Stock, Trial, read_run
from search.report.summary import beaten, best_stock, compare, front, missing, progress, scores, sentence
from tests.search.report.toy_run import write_run

AREA = Objective(metric="area_um2", direction=Direction.MINIMIZE)
SPEED = Objective(metric="throughput_msps", direction=Direction.MAXIMIZE)
TIME = Objective(metric="latency_ns", direction=Direction.MINIMIZE)


def trial(number: int, area: float, speed: float, *, feasible: bool = True, time: float = 1.0) -> Trial:
    return Trial(
        number=number,
        point=(("knob", number),),
        status=Status.OK,
        score={"area_um2": area, "throughput_msps": speed, "latency_ns": time},
        feasible=feasible,
        key=str(number),
        message="",
        repeated=False,
        elapsed_s=float(number),
    )


def stock(area: float, speed: float) -> Stock:
    return Stock(flow="plain", recipe="fast", score={"area_um2": area, "throughput_msps": speed})


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return read_run(write_run(tmp_path_factory.mktemp("runs") / "dot8-1"))


def test_what_is_missing_is_estimated_from_distinct_feasible_designs(run: Run) -> None:
    told = [trial.score for trial in run.trials if trial.feasible and trial.score and not trial.repeated]
    rows = np.array([[figures["area_um2"], -figures["throughput_msps"]] for figures in told])
    assert missing(run) == estimate(rows, 1 - len(run.trials) / run.space_size)
    assert missing(run) is not None
    assert missing(replace(run, trials=run.trials[:20])) is None
    assert missing(replace(run, space_size=0)) is None


def test_the_front_is_what_no_feasible_trial_dominates() -> None:
    generator = random.Random(3)
    trials = [
        trial(n, generator.randint(1, 12), generator.randint(1, 12), feasible=generator.random() < 0.8, time=n % 3)
        for n in range(60)
    ]
    for objectives in ([AREA], [AREA, SPEED], [SPEED, TIME, AREA]):

        def costs(one: Trial, aims: list[Objective] = objectives) -> tuple[float, ...]:
            assert one.score is not None
            return tuple(one.score[o.metric] * (1 if o.direction is Direction.MINIMIZE else -1) for o in aims)

        good = [t for t in trials if t.feasible]
        expected = {
            costs(t)
            for t in good
            if not any(
                costs(o) != costs(t) and all(x <= y for x, y in zip(costs(o), costs(t), strict=True)) for o in good
            )
        }
        found = front(trials, objectives)
        assert {costs(t) for t in found} == expected
        assert len(found) == len(expected), "of equal figures one alone"
        areas = [t.score["area_um2"] for t in found if t.score]
        assert areas == sorted(areas)


def test_progress_is_the_hypervolume_by_slices(run: Run) -> None:
    """Sum up the staircase's rectangles in scaled logarithms, point by point, from nothing but the definition."""
    measured = [(t.score, t.feasible) for t in run.measured]
    good = [(s["area_um2"], s["throughput_msps"]) for s, feasible in measured if feasible and s]

    def scaled(value: float, best: float, worst: float) -> float:
        return math.log(value / best) / math.log(worst / best)

    least, most = min(a for a, _ in good), max(a for a, _ in good)
    slow, fast = min(s for _, s in good), max(s for _, s in good)
    volumes, sizes = [], []
    seen: list[tuple[float, float]] = []
    for score, feasible in measured:
        if feasible and score:
            area, speed = score["area_um2"], score["throughput_msps"]
            seen.append((scaled(area, least, most), scaled(speed, fast, slow)))
        staircase: list[tuple[float, float]] = []
        for x, y in sorted(set(seen)):
            if not staircase or y < staircase[-1][1]:
                staircase.append((x, y))
        ends = [x for x, _ in staircase[1:]] + [1.1]
        volumes.append(sum((end - x) * (1.1 - y) for (x, y), end in zip(staircase, ends, strict=True)))
        sizes.append(len(staircase))
    found = progress(run)
    assert found.size == tuple(sizes)
    assert found.share == pytest.approx([volume / volumes[-1] for volume in volumes])
    assert found.share[-1] == 1


def test_progress_without_anything_feasible_is_flat(run: Run) -> None:
    broken = replace(run, trials=tuple(replace(t, feasible=False) for t in run.trials))
    found = progress(broken)
    assert found.share == (0.0,) * 40
    assert found.size == (0,) * 40


def test_a_comparison_takes_designs_no_worse_in_the_rest() -> None:
    found = scores([trial(1, 50, 90), trial(2, 70, 100), trial(3, 120, 300)])
    smallest = stock(100, 100)
    won = compare(smallest, found, AREA, [AREA, SPEED])
    assert won is not None
    assert (won.design, won.ratio, won.better) == (1, 0.7, True)  # design 0 is smaller still, but slower than stock
    fast = compare(smallest, found, SPEED, [AREA, SPEED])
    assert fast is not None
    assert (fast.design, fast.ratio, fast.better) == (1, 1.0, False)  # design 2 is faster, but larger than stock


def test_a_lost_and_an_impossible_comparison_are_said() -> None:
    found = scores([trial(1, 110, 100), trial(2, 130, 180)])
    (area, speed) = best_stock([stock(100, 100), stock(140, 200)], found, [AREA, SPEED])
    assert sentence(area, [AREA, SPEED]) == (
        "Stock wins in area: design 1, the best with no less throughput, "
        "has 1.10 times that of the smallest stock design."
    )
    assert sentence(speed, [AREA, SPEED]) == (
        "Stock wins in throughput: design 2, the best with no more area, "
        "has 0.90 times that of the fastest stock design."
    )
    (area, _) = best_stock([stock(100, 500)], found, [AREA, SPEED])
    assert sentence(area, [AREA, SPEED]) == "No design found is as good as the smallest stock design in throughput."
    assert math.isnan(area.ratio)
    assert not area.better


def test_a_won_comparison_is_said_with_its_condition() -> None:
    found = scores([trial(1, 74, 100)])
    (area, speed) = best_stock([stock(100, 80)], found, [AREA, SPEED])
    assert sentence(area, [AREA, SPEED]) == (
        "Design 1 has 0.74 times the area of the smallest stock design with no less throughput."
    )
    assert sentence(speed, [AREA, SPEED]) == (
        "Design 1 has 1.25 times the throughput of the fastest stock design with no more area."
    )
    (alone,) = best_stock([stock(100, 80)], found, [AREA])
    assert sentence(alone, [AREA]) == "Design 1 has 0.74 times the area of the smallest stock design."


def test_without_stock_there_is_no_comparison() -> None:
    found = scores([trial(1, 74, 100)])
    assert best_stock([], found, [AREA]) == ()
    assert best_stock([Stock(flow="plain", recipe="fast", score=None)], found, [AREA]) == ()


def test_beaten_stock_is_dominated_stock() -> None:
    found = scores([trial(1, 50, 50), trial(2, 80, 100)])
    baseline = [stock(50, 50), stock(60, 50), stock(90, 101), stock(100, 100), Stock(flow="a", recipe="b", score=None)]
    assert beaten(baseline, found, [AREA, SPEED]) == 2
    assert beaten(baseline, [], [AREA, SPEED]) == 0

"""The plots: every point at its place on round scales, whatever the figures."""

from __future__ import annotations

import itertools
import json
import math
import random
import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hdlgen.evaluation import Direction
from search.report.design import read_designs
from search.report.figures import boundary, draw_front, draw_progress, marks
from search.report.quantities import quantity
from search.report.run import Run, read_run
from search.report.summary import progress
from search.report.svg import Scale, coordinate, tag
from tests.search.report.toy_run import write_run

FIGURES = st.floats(1e-6, 1e9) | st.integers(-1000, 1000)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return read_run(write_run(tmp_path_factory.mktemp("runs") / "dot8-1"))


@given(st.lists(FIGURES, max_size=12))
def test_a_scale_holds_all_figures_in_order(values: list[float]) -> None:
    scale = Scale.fit(values, 100, 900)
    places = [scale.place(value) for value in sorted(values)]
    assert all(100 <= place <= 900 for place in places)
    assert places == sorted(places)
    ticks = scale.ticks()
    assert 2 <= len(ticks) <= 20
    assert ticks == sorted(ticks)
    assert all(99 <= scale.place(tick) <= 901 for tick in ticks)


def test_ticks_are_round() -> None:
    assert Scale(low=4900, high=31000, start=0, end=1, logarithmic=True).ticks() == pytest.approx(
        [5000, 7000, 10000, 15000, 20000, 30000]
    )
    assert Scale(low=0, high=40, start=0, end=1).ticks() == [0, 10, 20, 30, 40]


@pytest.mark.parametrize(("x", "y"), list(itertools.product(Direction, Direction)))
def test_the_boundary_holds_what_nothing_dominates(x: Direction, y: Direction) -> None:
    generator = random.Random(5)
    points = [(float(generator.randint(0, 20)), float(generator.randint(0, 20))) for _ in range(80)]
    signs = [1 if direction is Direction.MINIMIZE else -1 for direction in (x, y)]

    def beats(one: tuple[float, float], other: tuple[float, float]) -> bool:
        return one != other and all(s * a <= s * b for s, a, b in zip(signs, one, other, strict=True))

    assert set(boundary(points, x, y)) == {p for p in points if not any(beats(q, p) for q in points)}


def test_every_point_with_figures_is_marked_once(run: Run) -> None:
    designs = read_designs(run)
    cloud = marks(run, designs)
    scored = [trial for trial in run.measured if trial.score]
    assert len(cloud) == len(scored) + sum(stock.score is not None for stock in run.stock)
    assert sorted(mark.design for mark in cloud if mark.design) == [design.number for design in designs]
    assert sum(mark.sort == "infeasible" for mark in cloud) == sum(not trial.feasible for trial in scored)


def test_marks_lie_where_their_logarithms_say(run: Run) -> None:
    """Take the scale from two marks and hold all others against it."""
    cloud = marks(run, read_designs(run))
    picture = ET.fromstring(draw_front(cloud, quantity("throughput_msps"), quantity("area_um2"), "front"))
    groups = [group for group in picture.iter("g") if "mark" in (group.get("class") or "").split()]
    places = [tuple(map(float, re.findall(r"[-\d.]+", group.get("transform") or ""))) for group in groups]
    for axis, metric in enumerate(("throughput_msps", "area_um2")):
        logs = [math.log(mark.score[metric]) for mark in cloud]
        low, high = logs.index(min(logs)), logs.index(max(logs))
        slope = (places[high][axis] - places[low][axis]) / (logs[high] - logs[low])
        assert slope > 0 if axis == 0 else slope < 0
        for log, place in zip(logs, places, strict=True):
            assert place[axis] == pytest.approx(places[low][axis] + slope * (log - logs[low]), abs=0.2)
    links = [link.get("href", "") for link in picture.iter("a")]
    assert sorted(links) == sorted(f"#design-{mark.design}" for mark in cloud if mark.design)


def test_the_strip_shows_how_each_point_ended(run: Run) -> None:
    designs = read_designs(run)
    picture = ET.fromstring(draw_progress(run, designs, progress(run)))
    strip = [(rect.get("class") or "").split()[-1] for rect in picture.iter("rect")]
    lines = [json.loads(line) for line in (run.folder / "evaluations.jsonl").read_text().splitlines()]
    expected = [line["status"] for line in lines if not line["repeated"]]
    assert len(strip) == len(expected) == 40
    for shown, status in zip(strip, expected, strict=True):
        assert shown == status if status != "ok" else shown in ("front", "feasible", "infeasible")
    assert strip.count("front") == len(designs)


def test_a_run_without_points_still_draws(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "empty", ended=False, stock=False)
    (folder / "evaluations.jsonl").write_text("")
    empty = read_run(folder)
    ET.fromstring(draw_progress(empty, [], progress(empty)))
    ET.fromstring(draw_front([], quantity("area_um2"), quantity("clock_mhz"), "nothing"))


def test_elements_are_escaped() -> None:
    assert tag("text", "<b>&", class_='"x"', stroke_width=0.04) == (
        '<text class="&#34;x&#34;" stroke-width="0">&lt;b&gt;&amp;</text>'
    )
    assert [coordinate(value) for value in (-0.01, 3.0, 2.25, -1.96)] == ["0", "3", "2.2", "-2"]

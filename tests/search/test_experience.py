"""Experience: effects found again in made-up lessons, and the shipped file against the tables that taught it."""

from __future__ import annotations

import itertools
import json
from dataclasses import fields

import numpy as np
import pytest

import designs
from benchmarks.teach import digests
from hdlgen.evaluation import Direction, Objective
from hdlgen.features import Features
from hdlgen.space import Knob, Point
from search.experience import FILE, Effects, Experience, Lesson, as_document, learn, lesson, shipped
from search.pareto import costs
from search.tabulation import read_tabulation

OBJECTIVES = (
    Objective(metric="area_um2", direction=Direction.MINIMIZE),
    Objective(metric="throughput_msps", direction=Direction.MAXIMIZE),
)
AREA = {("depth", 1): 0.0, ("depth", 2): 0.2, ("depth", 4): 0.5, ("way", "plain"): 0.0, ("way", "fine"): -0.4}
"""What each choice adds to the logarithm of the area."""


def made_up(name: str, base: float, depths: tuple[int, ...], slope: float = 0.0) -> Lesson:
    pairs = list(itertools.product(depths, ("plain", "fine"), range(40)))
    points = tuple(Point(values=(("depth", depth), ("way", way), ("copy", copy))) for depth, way, copy in pairs)
    facts = np.random.default_rng(len(name)).standard_normal((len(points), 1))
    area = np.array([base + sum(AREA.get(pair, 0.0) for pair in point.values) for point in points])
    return Lesson(
        name=name,
        points=points,
        facts=facts,
        figures={"area_um2": area + slope * facts[:, 0], "throughput_msps": -2.0 * area},
    )


def test_effects_of_choices_are_found_whatever_the_size_of_the_design() -> None:
    experience = learn([made_up("small", 3.0, (1, 2)), made_up("large", 9.0, (1, 4))])
    found = experience.of_choices(Knob(name="way", choices=("plain", "fine", "unknown")), OBJECTIVES)
    assert found[1, 0] - found[0, 0] == pytest.approx(-0.4, rel=0.15)
    assert found[1, 1] - found[0, 1] == pytest.approx(2 * -0.4, rel=0.15)  # half the rate is twice the cost
    assert (found[2] == 0).all()
    depths = experience.of_choices(Knob(name="depth", choices=(1, 2, 4)), OBJECTIVES)[:, 0]
    assert 0 < depths[1] - depths[0] < depths[2] - depths[0]
    assert not experience.of_choices(Knob(name="other", choices=(1, 2)), OBJECTIVES).any()


def test_a_metric_that_nobody_measured_has_no_effects() -> None:
    experience = learn([made_up("small", 3.0, (1, 2))])
    luts = Objective(metric="luts", direction=Direction.MINIMIZE)
    found = experience.of_choices(Knob(name="way", choices=("plain", "fine")), (luts, OBJECTIVES[0]))
    assert not found[:, 0].any() and found[:, 1].any()


def test_facts_count_where_they_tell_more() -> None:
    experience = learn([made_up(name, 3.0, (1, 2, 4), slope=0.5) for name in ("a", "bb", "ccc", "dddd", "eeeee")])
    points = [Point(values=(("depth", 1), ("way", "fine")))] * 2
    few, many = experience.of_points(points, np.array([[0.0], [1.0]]), OBJECTIVES[:1])[:, 0]
    assert many - few == pytest.approx(0.5, abs=0.25)
    plain = experience.of_points([Point(values=(("depth", 1), ("way", "plain")))], np.zeros((1, 1)), OBJECTIVES[:1])
    assert few < plain[0, 0]


def test_the_document_gives_the_same_experience_again() -> None:
    experience = learn([made_up("small", 3.0, (1, 2), slope=0.1)])
    document = json.loads(json.dumps(as_document({"": experience}, {"small": "1"})))
    read = document["without"][""]
    again = Experience(
        metrics=tuple(document["metrics"]),
        rough=Effects.from_dict(read["rough"]),
        precise=Effects.from_dict(read["precise"]),
    )
    assert again == experience


def test_the_shipped_experience_is_of_the_shipped_tables() -> None:
    """Where this fails, `python -m benchmarks.teach` writes it anew."""
    assert json.loads(FILE.read_text())["taught_by"] == digests()


def test_the_shipped_experience_knows_every_fact() -> None:
    assert len(shipped().precise.facts) == len(fields(Features)) + 1


def test_what_is_left_out_of_the_shipped_experience_was_not_in_it() -> None:
    assert shipped("argmax16") != shipped() == shipped("no such design")
    # A knob that one table alone has is not known without that table.
    function = Knob(name="function", choices=tuple(shipped().rough.choices["function"]))
    assert shipped().of_choices(function, OBJECTIVES).any()
    assert not shipped("sigmoid").of_choices(function, OBJECTIVES).any()


@pytest.mark.parametrize("name", designs.tables())
def test_the_shipped_effects_of_choices_are_what_the_tables_teach(name: str) -> None:
    tables = {other: read_tabulation(designs.table_path(other)).table(other) for other in designs.tables()}
    lessons = [lesson(table, dict.fromkeys(table.points, ())) for other, table in tables.items() if other != name]
    assert learn(lessons).rough == shipped(name).rough


@pytest.mark.parametrize("name", designs.tables())
def test_experience_of_the_others_tells_the_figures_of_each_design(name: str) -> None:
    table = read_tabulation(designs.table_path(name)).table(name)
    points = [point for point in table.points if table[point].feasible]
    effects = {knob.name: shipped(name).of_choices(knob, table.objectives) for knob in table.space.knobs}
    places = {knob.name: {choice: at for at, choice in enumerate(knob.choices)} for knob in table.space.knobs}
    expected = np.array([sum(effects[k][places[k][choice]] for k, choice in point.values) for point in points])
    area, rate = costs([table[point] for point in points], table.objectives).T
    assert np.corrcoef(expected[:, 0], np.log(area))[0, 1] > 0.2
    assert np.corrcoef(expected[:, 1], -np.log(-rate))[0, 1] > 0.6

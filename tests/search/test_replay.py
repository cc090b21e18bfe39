"""Replays of measured spaces, against figures worked out by hand."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest

from hdlgen.errors import InputError
from hdlgen.evaluation import Direction, Evaluation, Objective, Status
from search.replay import Figures, ReplayEvaluator, Table, read_csv
from tests.search.toy import OBJECTIVES, TINY, evaluation

SMALL = """\
knob0,mode,time,logic
1,fast,1,100
4,fast,10,10
16,slow,100,1
4,slow,100,100
"""
NAMED = ("time", "logic")


def written(folder: Path, text: str) -> Path:
    path = folder / "small.csv"
    path.write_text(text)
    return path


def test_a_csv_becomes_the_space_of_its_rows(tmp_path: Path) -> None:
    table = read_csv(written(tmp_path, SMALL), NAMED)
    assert (table.name, len(table), table.space.size()) == ("small", 4, 4)
    assert [(knob.name, knob.choices) for knob in table.space.knobs] == [
        ("knob0", (1, 4, 16)),
        ("mode", ("fast", "slow")),
    ]
    assert [point.text() for point in table.points][:2] == ["knob0=1,mode=fast", "knob0=4,mode=fast"]
    assert table.costs(table.points).tolist() == [[1, 100], [10, 10], [100, 1], [100, 100]]
    assert [member.point["knob0"] for member in table.front] == [1, 4, 16]


def test_scales_are_logarithmic_and_shares_count_the_volume(tmp_path: Path) -> None:
    table = read_csv(written(tmp_path, SMALL), NAMED)
    first, middle, last, bad = table.points
    assert np.allclose(table.scaled(table.points), np.array([[0, 1], [0.5, 0.5], [1, 0], [1, 1]]))
    # (0.5, 0.5) dominates a quarter of the square; the others lie on its edge.
    assert table.shares([bad, first, middle, last]).tolist() == [0, 0, 1, 1]


def test_shares_grow_to_one_over_any_order() -> None:
    space = TINY
    evaluations = [
        evaluation(point, 100.0 + 13 * n % 7, 50.0 + 5 * n % 11) for n, point in enumerate(space.enumerate())
    ]
    table = Table(name="tiny", space=space, objectives=OBJECTIVES, evaluations=evaluations)
    for seed in range(5):
        shares = table.shares(space.sample(8, seed))
        assert (np.diff(shares) >= 0).all()
        assert shares[-1] == pytest.approx(1.0)


def test_failed_and_infeasible_points_have_part_in_neither_front_nor_scale() -> None:
    points = list(TINY.enumerate())
    evaluations = [evaluation(point, 100.0, 10.0) for point in points[2:]]
    evaluations[0] = evaluation(points[2], 50.0, 10.0)
    evaluations.append(evaluation(points[0], 1.0, 1e4, feasible=False))
    evaluations.append(Evaluation(point=points[1], status=Status.TIMEOUT))
    table = Table(name="tiny", space=TINY, objectives=OBJECTIVES, evaluations=evaluations)
    assert [member.point for member in table.front] == [points[2]]
    assert table.scaled(points[:3]).tolist() == [[1, 1], [1, 1], [0, 0]]
    assert list(ReplayEvaluator(table).evaluate(points[:2])) == evaluations[-2:]


def test_a_maximised_column_is_a_negative_cost(tmp_path: Path) -> None:
    rate = Objective(metric="logic", direction=Direction.MAXIMIZE)
    table = read_csv(written(tmp_path, SMALL), ("time", rate))
    assert [member.score.as_dict() for member in table.front if member.score] == [{"time": 1.0, "logic": 100.0}]
    assert table.scaled(table.points[:2]).tolist() == [[0, 0], [0.5, 0.5]]


def test_figures_know_their_names_alone() -> None:
    figures = Figures({"time": 2.0})
    assert getattr(figures, "time") == 2.0  # noqa: B009
    assert figures.as_dict() == {"time": 2.0}
    assert pickle.loads(pickle.dumps(figures)) == figures
    assert figures != Figures({"time": 3.0})
    with pytest.raises(AttributeError, match="the table must hold area_um2, and has only time"):
        _ = figures.area_um2
    with pytest.raises(ValueError, match="time must be finite"):
        Figures({"time": float("nan")})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the table must hold a head and at least one row, not 0 rows"),
        ("knob0,time,time\n1,2,3\n", "columns must have different names, not knob0,time,time"),
        ("knob0,time,logic\n1,2\n", "row 2 must have 3 cells, not 2"),
        (
            "knob0,time,logics\n1,2,3\n",
            "objective 'logic' must be a column of knob0,time,logics (did you mean 'logics'?)",
        ),
        ("time,logic\n1,2\n", "the table must have columns of knobs and of objectives, not time,logic"),
        ("knob0,time,logic\n1,2,x\n", "logic in row 2 must be a finite number, not 'x'"),
        ("Knob,time,logic\n1,2,3\n", "Knob: name must be lower-case letters, digits and underscores, not 'Knob'"),
        ("knob0,time,logic\n1,2,3\n1,2,4\n", "each point must stand in the table once"),
    ],
)
def test_a_broken_table_is_refused(tmp_path: Path, text: str, message: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(InputError) as caught:
        read_csv(path, NAMED)
    assert str(caught.value) in (f"{path}: {message}", f"small: {message}")


def test_a_table_must_be_whole() -> None:
    evaluations = [evaluation(point, 1.0, 1.0) for point in TINY.enumerate()]
    with pytest.raises(InputError, match="tiny: the table must hold all 8 points, not 7"):
        Table(name="tiny", space=TINY, objectives=OBJECTIVES, evaluations=evaluations[1:])
    failed = [Evaluation(point=one.point, status=Status.INVALID) for one in evaluations]
    with pytest.raises(InputError, match="tiny: at least one point must be feasible"):
        Table(name="tiny", space=TINY, objectives=OBJECTIVES, evaluations=failed)

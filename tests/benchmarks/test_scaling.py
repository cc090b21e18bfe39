"""The study of many workers in small: times of real parts, penalties by replay, and the text of what breaks."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest

from benchmarks.cluster_model import Costs
from benchmarks.scaling import (
    MOST,
    Penalty,
    Study,
    echo,
    made_up,
    penalty,
    studies,
    summarise,
    time_decisions,
    time_store,
)
from hdlgen.cli.project import Project, open_project
from hdlgen.evaluation import Evaluation, Status
from hdlgen.space import Knob, Space
from search.replay import Figures, Table
from tests.search.toy import OBJECTIVES
from tests.sim.specs import PAIR


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    (tmp_path / "pair.toml").write_text(PAIR)
    monkeypatch.chdir(tmp_path)
    return open_project("pair.toml")


def test_the_parts_are_timed(project: Project, tmp_path: Path) -> None:
    assert len(time_decisions(project, "evolution", 100)) == 5
    assert time_store(project, 20) > 0
    assert [path.name for path in tmp_path.iterdir()] == ["pair.toml"]  # nothing is left


def test_an_echo_is_as_large_as_a_measured_point(project: Project) -> None:
    point = project.space.default()
    answer = echo(b"", point)
    assert answer.evaluation == made_up(point)
    assert 20_000 < len(pickle.dumps(answer)) < 40_000
    assert len(answer.evaluation.key) == 16


def table() -> Table:
    """Give 72 designs, half of them of one front."""
    space = Space(knobs=(Knob(name="a", choices=tuple(range(6))), Knob(name="b", choices=tuple(range(12)))))
    rows = np.exp(np.random.default_rng(1).normal(size=(72, 2)))
    evaluations = [
        Evaluation(
            point=point,
            status=Status.OK,
            score=Figures({"area_um2": float(x), "throughput_msps": float(y)}),
            feasible=True,
            key=point.text(),
        )
        for point, (x, y) in zip(space.enumerate(), rows, strict=True)
    ]
    return Table(name="made_up", space=space, objectives=OBJECTIVES, evaluations=evaluations)


def test_evaluations_count_one_by_one_whatever_the_batch() -> None:
    measured = table()
    points = list(measured.space.enumerate())
    expected = int(np.argmax(measured.shares(points) >= 0.99)) + 1
    for batch in (1, 10, 100):
        found = penalty([measured], "exhaustive", batch, 2)
        assert (found.late, found.share, found.regret) == pytest.approx((expected, 1.0, 0.0))


def test_a_search_that_never_comes_counts_as_the_most() -> None:
    found = Penalty([10, None, 30], [0.0, 0.3, 0.0])
    assert (found.late, found.share, found.regret) == pytest.approx((30, 2 / 3, 0.1))
    assert Penalty([None, None, 5], [0.1, 0.1, 0.1]).late == MOST


@pytest.mark.parametrize(
    ("costs", "decision_s", "cause"),
    [
        (Costs(submit_s=0.0, schedule_s=0.0, receive_s=0.0, store_s=0.0), 0.0, "nothing"),
        (Costs(submit_s=0.0, schedule_s=0.0, receive_s=0.0, store_s=0.2), 0.5, "the store"),
        (Costs(submit_s=0.0, schedule_s=0.0, receive_s=0.2, store_s=0.1), 0.5, "keeping results"),
        (Costs(submit_s=0.0, schedule_s=0.3, receive_s=0.0, store_s=0.0), 0.0, "the scheduler"),
        (Costs(submit_s=0.0, schedule_s=0.0, receive_s=0.0, store_s=0.01), 3.0, "decisions"),
    ],
)
def test_what_breaks_first_is_what_the_workers_would_be_busiest_without(
    costs: Costs, decision_s: float, cause: str
) -> None:
    study = Study("small, 1 a worker", [2.0] * 100, workers=10, batch=10, times=[decision_s], costs=costs)
    assert study.breaks == cause
    assert set(study.without) == {"decisions", "the scheduler", "keeping results", "the store", "slow points"}


def test_one_slow_point_a_batch_breaks_a_search_too() -> None:
    costs = Costs(submit_s=0.0, schedule_s=0.0, receive_s=0.001, store_s=0.001)
    study = Study("small, 1 a worker", [9.0, *[1.0] * 9] * 3, workers=10, batch=10, times=[0.1], costs=costs)
    assert study.breaks == "slow points"


def test_the_summary_holds_every_part() -> None:
    costs = Costs(submit_s=0.001, schedule_s=0.002, receive_s=0.003, store_s=0.006)
    decisions = {1: [0.1, 0.3, 0.2], 10: [0.5]}
    simulated = list(studies([2.0, 4.0], decisions, costs, batches=3))
    assert [(one.name, one.workers, one.played.points) for one in simulated[:4]] == [
        ("small, 1 a worker", 1, 3),
        ("small, 4 a worker", 1, 12),
        ("small, 1 a worker", 10, 30),
        ("small, 4 a worker", 10, 120),
    ]
    penalties = {"local": {1: Penalty([20, 40], [0.0, 0.1]), 10: Penalty([60, 60], [0.1, 0.1])}}
    found = summarise([2.0, 4.0], costs, {"local": decisions}, penalties, simulated)
    assert found.figures["efficiency_small_10"] == simulated[2].played.efficiency
    assert found.figures["points_per_s_limit"] == pytest.approx(100)
    assert (found.figures["penalty_local_1"], found.figures["penalty_local_10"]) == (1.0, 2.0)
    assert [len(table.rows) for table in found.tables] == [8, 1, 1]
    for table in found.tables:
        assert {len(row) for row in table.rows} == {len(table.columns)}
    assert found.tables[1].rows == (("local", "200.00 ms", "500.00 ms"),)
    assert found.tables[2].rows == (("local", "30 (100%)", "5.0%", "60 (100%)", "10.0%"),)

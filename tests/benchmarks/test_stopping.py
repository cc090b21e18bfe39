"""How right an estimate is: counted by hand, and held against a space whose front is known."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.stopping import COUNTS, Case, follow, summarise, true_gap
from hdlgen.evaluation import Evaluation, Status
from hdlgen.space import Knob, Space
from search.missing import Missing
from search.replay import Figures, Table
from tests.search.toy import OBJECTIVES


def case(strategy: str, table: str, true: float, share: float, at_most: float) -> Case:
    said = Missing(share=share, at_most=at_most)
    return Case(table=table, strategy=strategy, count=24, true=true, said=said)


def test_figures_are_those_of_guided_searches() -> None:
    found = summarise([
        case("local", "a", 0.10, 0.08, 0.30),
        case("local", "b", 0.40, 0.10, 0.30),  # beyond the bound
        case("evolution", "a", 0.10, 0.12, 0.30),
        case("evolution", "b", 0.00, 0.00, 0.00),
        case("uniform", "a", 0.90, 0.00, 0.10),
    ])  # fmt: skip
    assert found.figures == pytest.approx(
        {"bound_holds": 0.75, "bound_holds_worst_table": 0.5, "error_mean": 0.085, "said_over_true": 0.5}
    )
    assert [(row["strategy"], row["held"]) for row in found.rows] == [
        ("local", 0.5),
        ("evolution", 1.0),
        ("uniform", 0),
    ]
    assert found.tables[0].rows[2] == ("uniform", "24", "90.0%", "0.0%", "90.0%", "10.0%", "0.0%")


def test_a_gap_is_measured_in_the_scale_of_what_was_seen() -> None:
    whole = np.array([[1.0, 100.0], [10.0, 10.0], [100.0, 1.0]])
    # Scaled by logarithms the corners stand at 0,1 and 1,0 and dominate 0.11 + 0.11 - 0.01; the middle at 0.5,0.5.
    seen = 0.11 + 0.11 - 0.01
    assert true_gap(whole[[0, 2]], whole) == pytest.approx(1 - seen / (seen + 0.5 * 0.5))
    assert true_gap(whole, whole) == 0.0


def test_a_replay_is_followed_as_far_as_the_space_goes() -> None:
    space = Space(knobs=(Knob(name="a", choices=tuple(range(6))), Knob(name="b", choices=tuple(range(12)))))
    rows = np.exp(np.random.default_rng(1).normal(size=(72, 2)))
    evaluations = [
        Evaluation(
            point=point,
            status=Status.OK,
            score=Figures({"area_um2": float(x), "throughput_msps": float(-y)}),
            feasible=True,
            key=point.text(),
        )
        for point, (x, y) in zip(space.enumerate(), rows, strict=True)
    ]
    table = Table(name="made_up", space=space, objectives=OBJECTIVES, evaluations=evaluations)
    cases = follow(table, "local", 1)
    assert [one.count for one in cases] == [count for count in COUNTS if count < 72]
    gaps = [one.true for one in cases]
    assert all(0 <= gap < 1 for gap in gaps)
    assert [one.said for one in cases] == [one.said for one in follow(table, "local", 1)]

"""The comparison on constant matrices: figures by hand, and specs and points that are what the method says."""

from __future__ import annotations

import importlib.util
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks import constants
from benchmarks.constants import (
    CASES,
    DA4ML,
    OURS,
    RECIPES,
    WHOLE,
    Case,
    chosen_programs,
    compare,
    matrix_of,
    spec_of,
)
from benchmarks.da4ml_programs import SETTINGS
from hdlgen.cli.project import open_project
from hdlgen.errors import ToolError


def points(*pairs: tuple[float, float]) -> list[dict[str, Any]]:
    return [{"design": "d", "area_um2": area, "period_ps": period} for area, period in pairs]


def test_the_ratio_and_the_share_by_hand() -> None:
    # The worst of both fronts is (10, 10), so the reference is (11, 11); (11, 5) is on no front.
    ratio, share = compare(points((1, 9), (5, 5), (11, 5)), points((3, 10), (6, 6), (10, 4)))
    ours, theirs = 10 * 2 + 6 * 4, 8 * 1 + 5 * 4 + 1 * 2
    assert ratio == pytest.approx(ours / theirs)
    assert share == pytest.approx(2 / 3)


def test_a_point_that_equals_ours_is_not_dominated() -> None:
    assert compare(points((2, 2)), points((2, 2), (2, 3)))[1] == 0.5


def test_all_their_points_count_not_their_front_alone() -> None:
    assert compare(points((2, 2)), points((1, 5), (3, 3), (4, 4), (5, 5)))[1] == 0.75


@pytest.mark.parametrize(("ours", "theirs"), [([], points((1, 1))), (points((1, 1)), [])])
def test_a_side_without_points_is_refused(ours: list[Any], theirs: list[Any]) -> None:
    with pytest.raises(ToolError) as caught:
        compare(ours, theirs)
    assert str(caught.value) == "constants: both sides must have points"


def test_the_cases_are_both_sizes_five_seeds_and_two_technologies() -> None:
    found = {(case.size, case.seed, case.technology) for case in CASES}
    assert found == {(n, s, t) for n in (8, 16) for s in range(5) for t in ("sky130hd", "gf180_7t_5v")}
    matrix = np.array(matrix_of(Case(size=16, seed=1, technology="sky130hd")))
    assert matrix.shape == (16, 16) and -128 <= matrix.min() < -100 and 100 < matrix.max() <= 127


def test_the_settings_that_are_always_measured_are_settings() -> None:
    assert WHOLE in CASES and all(set(names) <= set(SETTINGS) for names in DA4ML.values())


@pytest.mark.skipif(importlib.util.find_spec("da4ml") is None, reason="da4ml is not installed")
def test_the_programs_chosen_are_a_few_and_of_one_matrix_all() -> None:
    other = replace(WHOLE, seed=3)
    few, every = chosen_programs(other), constants._programs(other.size, other.seed)
    assert set(few) < set(every) and {"hard_dc=-1", "hard_dc=0"} <= set(few)
    assert chosen_programs(replace(other, technology="gf180_7t_5v")) == few
    assert len(chosen_programs(WHOLE)) == len(constants._programs(WHOLE.size, WHOLE.seed)) > 20


@pytest.mark.parametrize(("size", "technology"), [(8, "sky130hd"), (16, "gf180_7t_5v")])
def test_specs_hold_the_matrix_and_offer_the_points(size: int, technology: str, tmp_path: Path) -> None:
    case = Case(size=size, seed=3, technology=technology)
    (tmp_path / "spec.toml").write_text(spec_of(case))
    project = open_project(str(tmp_path / "spec.toml"))
    rows = [operation for operation in project.compiler.dataflow.operations if operation.terms]
    found = [[sum(t.coefficient for t in row.terms if t.factors == (n,)) for n in range(size)] for row in rows]
    assert found == matrix_of(case) and project.technology.name == technology
    for text in OURS[size]:
        point = project.point(text)
        assert point["interval"] == 1 and point["stages"] == 0 and point["recipe"] in RECIPES[size]

"""Ratios on fronts whose answer is known, the shell taken off both sides."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from benchmarks.kernel_ratios import Candidate, Contest, figures, tables
from hdlgen.errors import ToolError

RIVALS = ((1100.0, 800.0), (1700.0, 400.0), (1300.0, 600.0))
"""The smallest, the fastest, one between; kernels of 1000, 1600 and 1200 under a shell of 100."""


def candidates(kind: str, *scores: tuple[float, float]) -> tuple[Candidate, ...]:
    return tuple(Candidate(kind=kind, point={"recipe": "lean"}, area_um2=area, period_ps=ps) for area, ps in scores)


def made(*ours: tuple[float, float], design: str = "d", technology: str = "t", shell: float = 100.0) -> Contest:
    return Contest(
        design=design,
        technology=technology,
        shell_um2=shell,
        ours=candidates("ours", *ours),
        rivals=candidates("stock", *RIVALS),
    )


def test_each_ratio_is_of_the_best_design_that_keeps_the_other_side() -> None:
    ratios = made((900.0, 790.0), (1060.0, 500.0), (1380.0, 380.0), (2500.0, 100.0)).ratios()
    assert ratios == {
        "area_ratio_fast": 0.8,  # 1280 of 1600, at 380 of 400 ps
        "area_ratio_small": 0.8,  # 800 of 1000, at 790 of 800 ps
        "period_ratio_fast": 0.95,  # 380 of 400 ps, at 1380 of 1700
        "period_ratio_small": 0.625,  # 500 of 800 ps, at 1060 of 1100
        "whole_area_ratio_fast": round(1380 / 1700, 4),
        "whole_area_ratio_small": round(900 / 1100, 4),
        "joined_area_ratio_fast": 0.8,
        "joined_area_ratio_small": 0.8,
        "joined_period_ratio_fast": 0.95,
        "joined_period_ratio_small": 0.625,
    }


def test_other_rivals_count_where_they_are_joined_with_stock() -> None:
    contest = made((900.0, 790.0))
    contest = replace(contest, rivals=(*contest.rivals, *candidates("xls", (700.0, 790.0))))
    ratios = contest.ratios()
    assert ratios["area_ratio_small"] == 0.8, "of stock's 1000"
    assert ratios["joined_area_ratio_small"] == round(800 / 600, 4), "of XLS's 600"
    assert contest.stock.rivals == made(*RIVALS).rivals


def test_a_rival_against_itself_is_at_one() -> None:
    assert set(made(*RIVALS).ratios().values()) == {1.0}


def test_what_is_too_slow_or_too_large_pays_for_it() -> None:
    ratios = made((900.0, 800.0)).ratios()
    assert ratios["area_ratio_fast"] == 800 / 1600 * 2  # twice the fastest rival's period
    ratios = made((2100.0, 300.0)).ratios()
    assert ratios["period_ratio_small"] == 300 / 800 * 2  # twice the smallest rival's kernel


def test_a_figure_is_the_geometric_mean_on_the_worse_technology() -> None:
    found = figures(
        [
            made((600.0, 800.0), technology="good"),
            made((350.0, 800.0), technology="good", design="e"),
            made((900.0, 800.0), technology="bad"),
        ]
    )
    assert found["area_ratio_small_good"] == round(math.sqrt(0.5 * 0.25), 4)
    assert found["area_ratio_small"] == found["area_ratio_small_bad"] == 0.8


def test_a_table_a_technology_names_the_peers() -> None:
    first, second = tables([made((900.0, 800.0)), made((900.0, 800.0), technology="u"), made((800.0, 800.0))])
    assert (first.title, second.title) == ("t", "u")
    assert len(first.rows) == 2 and all(len(row) == len(first.columns) for row in first.rows)
    assert first.rows[0][2] == "0.800"
    assert first.rows[0][-2:] == ("stock lean: 1,700 um2, 400 ps", "stock lean: 1,100 um2, 800 ps")


def test_rows_are_both_fronts_with_the_peers_marked() -> None:
    rows = made((900.0, 800.0), (950.0, 900.0)).rows()
    assert [(row["kind"], row["area_um2"], row["kernel_um2"], row["mark"]) for row in rows] == [
        ("ours", 900.0, 800.0, ""),
        ("stock", 1100.0, 1000.0, "smallest rival"),
        ("stock", 1300.0, 1200.0, ""),
        ("stock", 1700.0, 1600.0, "fastest rival"),
    ]


def test_what_cannot_be_compared_is_refused() -> None:
    with pytest.raises(ToolError) as caught:
        made()
    assert str(caught.value) == "stock: d on t: both sides must have a design"
    with pytest.raises(ToolError) as caught:
        made((900.0, 800.0), shell=900.0)
    assert str(caught.value) == "stock: d on t: every area must exceed the shell's 900 um2, not 900"

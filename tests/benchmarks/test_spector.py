"""The replays of foreign tables: figures worked out by hand, and a table that is made here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks import spector
from benchmarks.spector import interval, play, summarise
from hdlgen.errors import InputError


def run(
    table: str, strategy: str, seed: int, needed: int | None, *, adrs: float = 0.1, regret: float = 0.1
) -> dict[str, Any]:
    return {
        "table": table,
        "points": 400,
        "strategy": strategy,
        "seed": seed,
        "evaluations_to_99": needed,
        "adrs_30": adrs,
        "mean_regret": regret,
    }


RUNS = [
    *(run("a", "surrogate", seed, needed, regret=0.1) for seed, needed in enumerate((10, 20, 30, None))),
    *(run("b", "surrogate", seed, needed, adrs=0.3, regret=0.2) for seed, needed in enumerate((20, 40, 60, 120))),
    *(run("a", "uniform", seed, 100, regret=0.5) for seed in range(4)),
    *(run("b", "uniform", seed, 200, regret=0.5) for seed in range(4)),
    *(run("a", "optuna_tpe", seed, None, regret=0.3 + 0.01 * seed) for seed in range(4)),
    *(run("b", "optuna_tpe", seed, None, regret=(0.0, 0.5, 0.1, 0.3)[seed]) for seed in range(4)),
]


def test_figures_are_those_by_hand() -> None:
    figures = summarise(RUNS).figures
    assert figures["evaluations_to_99_median"] == 35.0  # 10 20 20 30 40 60 120 and a whole table of 400
    assert figures["reached_99_share"] == 6 / 8  # 120 is beyond the budget
    assert figures["adrs_30_median"] == pytest.approx(0.2)
    assert figures["ratio_to_uniform"] == pytest.approx(4.0)  # 100 / 25 and 200 / 50
    assert figures["evaluations_to_99_worst_table"] == 50.0
    assert figures["ahead_of_optuna_share"] == 0.5  # on b the interval holds 0
    assert figures["lead_over_optuna_tpe_lowest"] < 0


def test_an_interval_holds_the_mean_and_narrows_with_more() -> None:
    values = np.random.default_rng(1).normal(3.0, 1.0, 400)
    low, high = interval(values)
    assert low < values.mean() < high
    assert high - low == pytest.approx(2 * 1.96 / 20, rel=0.15)
    assert interval(np.full(5, 2.0)) == (2.0, 2.0)


def test_a_small_table_is_played_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "small.csv"
    rows = [f"{a},{b},{1 + a + 3 * b},{10 - a + 2 * b}" for a in range(6) for b in range(3)]
    path.write_text("\n".join(["knob0,knob1,time,logic", *rows]))
    found = play(path, "surrogate", 1)
    assert (found["table"], found["points"]) == ("small", 18)
    assert 1 <= found["evaluations_to_99"] <= 18
    assert found["adrs_30"] == 0.0
    assert play(path, "surrogate", 1) == found
    uniform = play(path, "uniform", 1)
    assert uniform["evaluations_to_99"] <= 18


def test_absent_tables_are_said_to_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spector, "FOLDER", tmp_path / "none")
    with pytest.raises(InputError, match="spector is skipped, for its tables must be there and are not"):
        spector.BENCHMARK.measure(lambda text: None)

"""The benchmark of experience and facts: its summary by hand."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.features import summarise


def run(table: str, seed: int, arm: str, needed: int | None, regret: float) -> dict[str, Any]:
    return {
        "table": table,
        "points": 800,
        "arm": arm,
        "seed": seed,
        "evaluations_to_95": needed,
        "mean_regret": regret,
        "share_at_20": 0.9,
    }


def test_facts_gain_where_they_spare_regret() -> None:
    runs = [run("a", seed, "experience", 20, 0.2 + 0.001 * seed) for seed in range(5)]
    runs += [run("a", seed, "facts", 10, 0.1 + 0.001 * seed) for seed in range(5)]
    runs += [run("b", seed, "experience", 10, 0.1) for seed in range(5)]
    runs += [run("b", seed, "facts", None if seed < 3 else 10, 0.2) for seed in range(5)]
    runs += [run(name, seed, "knobs", 40, 0.4 + 0.001 * seed) for name in "ab" for seed in range(5)]
    measured = summarise(runs)
    assert measured.figures["tables_gaining"] == measured.figures["tables_losing"] == 1
    assert measured.figures["regret_ratio"] == pytest.approx((0.202 / 0.102 * 0.1 / 0.2) ** 0.5, abs=1e-4)
    assert measured.figures["evaluations_ratio"] == pytest.approx((2 * 10 / 800) ** 0.5, abs=1e-4)
    assert measured.rows[0]["gain_low_facts"] == pytest.approx(0.1)
    assert measured.figures["experience_regret_ratio"] == pytest.approx((0.402 / 0.202 * 0.402 / 0.1) ** 0.5, abs=1e-4)
    assert measured.figures["experience_evaluations_ratio"] == pytest.approx((2 * 4) ** 0.5, abs=1e-4)
    assert measured.figures["experience_tables_gaining"] == 2

"""The figures of the benchmark from a comparison that is made up, and one without a design refused."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.nodes import BENCHMARK, summarise
from hdlgen.cli.nodes import TARGETS
from hdlgen.errors import ToolError


def document(cap: float | None = None) -> dict[str, Any]:
    rows = [
        {
            "technology": name,
            "design": {"score": {"clock_mhz": 1.0, "area_um2": 2.0}},
            "fleet": {"copies": 1, "silicon_mm2": 8.0 / 2**place, "chips": 1, "chip_msps": 10.0**place},
            "energy_pj": 27.0 / 3**place,
            "power_w": 1.0,
            "chips_for_one": 1.0,
        }
        for place, name in enumerate(TARGETS)
    ]
    return {"technologies": rows, "cap_msps": cap, "throughput_msps": 1e6, "chip_mm2": 100.0}


def test_figures_compare_the_oldest_with_the_newest() -> None:
    found = summarise(document(), document(5.0), 12.5)
    assert found.figures == pytest.approx(
        {"seconds": 12.5, "chips_180_for_one_7": 1000.0, "energy_180_over_7": 27.0, "silicon_180_over_7": 8.0}
    )
    assert [row["cap_msps"] for row in found.rows] == [None] * len(TARGETS) + [5.0] * len(TARGETS)
    assert all(len(line) == len(table.columns) for table in found.tables for line in table.rows)
    assert BENCHMARK.goal("seconds") is not None


def test_a_technology_without_a_design_is_no_result() -> None:
    broken = document()
    broken["technologies"][1]["fleet"] = None
    with pytest.raises(ToolError) as refusal:
        summarise(broken, document(), 1.0)
    assert str(refusal.value) == f"nodes: every technology must have a feasible design, not so {TARGETS[1]}"

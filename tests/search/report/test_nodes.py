"""The page of a comparison of technologies: bars as long as their figures say, texts escaped, the same bytes again."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

import pytest

from search.report.nodes import MEASURES, draw_nodes, render, write_nodes


def row(name: str, silicon: float, energy: float, chips: int) -> dict[str, Any]:
    score = {"clock_mhz": 100.0, "throughput_msps": 50.5, "area_um2": 1234.5}
    return {
        "technology": name,
        "title": f"<{name}>",
        "node": "1 nm",
        "voltage_v": 1.8,
        "design": {"point": {"interval": 1, "adder": "a&b"}, "score": score},
        "command": "hdlgen measure x",
        "fleet": {"copies": 3, "silicon_mm2": silicon, "copies_per_chip": 2, "limit": "cap", "chips": chips},
        "energy_pj": energy,
        "power_w": 1.5,
        "chips_for_one": 4.0 if name == "old" else 1.0,
        "energy_ratio": 10.0,
    }


def document(*rows: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": "engine",
        "summary": "an engine & more",
        "throughput_msps": 1000.0,
        "cap_msps": None,
        "chip_mm2": 100.0,
        "technologies": list(rows),
        "strongest": "new",
        "command": "hdlgen nodes engine",
        "wall_s": 12.0,
    }


def test_bars_are_as_long_as_their_logarithms() -> None:
    drawn = draw_nodes([row("old", 100.0, 50.0, 40), row("new", 1.0, 5.0, 10)])
    widths = [float(width) for width in re.findall(r'<rect[^>]* width="([\d.]+)"', drawn)]
    assert len(widths) == 2 * len(MEASURES)
    for (old, new), (large, small) in zip(
        zip(widths[::2], widths[1::2], strict=True), [(100.0, 1.0), (50.0, 5.0), (40.0, 10.0)], strict=True
    ):
        # Every bar begins at a third of the least.
        assert old / new == pytest.approx(math.log(3 * large / small) / math.log(3), rel=0.01)


def test_the_page_says_what_stands_for_what(tmp_path: Path) -> None:
    failed = {**row("none", 1.0, 1.0, 1), "fleet": None, "design": None}
    page = render(document(row("old", 100.0, 50.0, 40), row("new", 1.0, 5.0, 10), failed))
    assert "In the place of one chip of new stand 4 of old (10 times the energy)." in page
    assert "No feasible design on none." in page
    assert "an engine &amp; more" in page and "adder=a&amp;b" in page and "&lt;old&gt;" in page
    assert "<script" not in page and "http" not in page.replace("http-equiv", "").replace("http://www.w3.org", "")
    write_nodes(tmp_path / "report.html", document(failed))
    assert "No technology has a feasible design." in (tmp_path / "report.html").read_text()
    assert page == render(document(row("old", 100.0, 50.0, 40), row("new", 1.0, 5.0, 10), failed))

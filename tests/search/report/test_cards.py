"""What a design's card says: areas that add up, the right verdict on tests, paths cut in the middle."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from search.report.cards import cards, kind_colours
from search.report.design import read_designs
from search.report.run import Run, read_run
from search.report.tables import columns
from tests.search.report.toy_run import write_run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_run(tmp_path / "dot8-1")


def first(folder: Path) -> Path:
    return min((folder / "front").iterdir())


def card(folder: Path) -> dict[str, Any]:
    run = read_run(folder)
    return cards(run, read_designs(run), columns(run))[0]


def shown(found: dict[str, Any]) -> dict[str, int]:
    return {part["label"]: int(part["text"].replace("\u202f", "")) for part in found["areas"]}


def change_units(folder: Path, factor: float | None) -> None:
    path = first(folder) / "datapath.json"
    record = json.loads(path.read_text())
    for unit in record["units"]:
        unit["area_um2"] = None if factor is None else unit["area_um2"] * factor
    path.write_text(json.dumps(record))


def score(folder: Path) -> dict[str, float]:
    run = read_run(folder)
    return dict(read_designs(run)[0].trial.score or {})


def test_areas_of_units_flip_flops_and_the_rest_make_the_total(folder: Path) -> None:
    found, measured = card(folder), score(folder)
    parts = shown(found)
    record = json.loads((first(folder) / "datapath.json").read_text())
    for kind in ("multiplier", "accumulator"):
        assert parts[kind] == round(sum(unit["area_um2"] for unit in record["units"] if unit["kind"] == kind))
    assert parts["flip-flops"] == round(measured["flip_flop_area_um2"])
    assert sum(parts.values()) == pytest.approx(measured["area_um2"], abs=len(parts))
    assert sum(float(part["width"]) for part in found["areas"]) == pytest.approx(100, abs=0.1)
    assert found["area_note"] == ""


def test_estimates_beyond_the_total_are_said(folder: Path) -> None:
    change_units(folder, 3.0)
    found = card(folder)
    assert "control, multiplexers and other logic" not in shown(found)
    assert sum(float(part["width"]) for part in found["areas"]) == pytest.approx(100, abs=0.1)
    assert "they exceed the measured 4\u202f956 µm²" in found["area_note"]


def test_unknown_areas_are_said(folder: Path) -> None:
    change_units(folder, None)
    found = card(folder)
    assert list(shown(found)) == ["flip-flops", "logic"]
    assert found["area_note"] == "The areas of single units are not known; flip-flops and total are measured."


def test_measured_areas_go_first(folder: Path) -> None:
    (first(folder) / "areas.json").write_text(json.dumps({"full adders": 500.0, "flip-flops": 3803.8, "gates": 600.5}))
    assert shown(card(folder)) == {
        "gates": 600,
        "full adders": 500,
        "flip-flops": 3804,
        "control, multiplexers and other logic": 52,
    }


def test_colours_follow_area_and_end_in_a_shared_one(folder: Path) -> None:
    designs = read_designs(read_run(folder))
    found = kind_colours(designs)
    assert found["multiplier"] == "kind-0"
    assert sorted(found.values()) == ["kind-0", "kind-1", "kind-2"]
    many = tuple((f"kind {n}", float(100 - n)) for n in range(12))
    assert list(kind_colours([replace(designs[0], areas=many, datapath=None)]).values()) == [
        f"kind-{min(n, 7)}" for n in range(12)
    ]


@pytest.mark.parametrize(
    ("body", "verdict", "text"),
    [
        ("<testcase name='a'/><testcase name='b'/>", "good", "2 tests passed"),
        ("<testcase name='a'/><testcase name='b'><failure/></testcase>", "bad", "1 of 2 tests failed"),
        ("<testcase name='a'/><testcase name='b'><skipped/></testcase>", "good", "1 test passed, 1 skipped"),
        ("", "bad", "no test ran"),
    ],
)
def test_the_verdict_is_that_of_the_tests(folder: Path, body: str, verdict: str, text: str) -> None:
    (first(folder) / "results.xml").write_text(f"<testsuites>{body}</testsuites>")
    found = card(folder)["tests"]
    assert (found["verdict"], found["text"]) == (verdict, text)


def test_steps_of_a_path_are_differences_and_a_long_one_loses_its_middle(folder: Path) -> None:
    path = first(folder) / "critical_path.txt"
    path.write_text("r1 ff Q 310 ps\ng2 inv Y 395 ps\n y 400 ps\n")
    assert card(folder)["path"] == [("r1 ff Q", "310", "310"), ("g2 inv Y", "395", "85"), ("y", "400", "5")]
    path.write_text("".join(f"g{n} inv Y {10 * n} ps\n" for n in range(1, 101)))
    found = card(folder)
    assert found["steps"] == "100 steps"
    assert len(found["path"]) == 61
    assert found["path"][30] == ("… 40 more", "", "")
    assert found["path"][31] == ("g71 inv Y", "710", "10")


def test_knobs_that_vary_make_the_title(folder: Path) -> None:
    run: Run = read_run(folder)
    designs = read_designs(run)
    alone = cards(run, designs[:1], columns(run))[0]
    assert alone["title"] == ["dot8"]
    point = dict(designs[0].trial.point)
    assert card(folder)["title"] == [f"{name} {value}" for name, value in point.items() if name != "reduction"]

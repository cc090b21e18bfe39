"""The page shows what the kept results say; the kept results of this repository are whole and its page is theirs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks import BENCHMARKS
from benchmarks.benchmark import Benchmark, Bound, Goal, Measured
from benchmarks.page import keep, page, read_results
from hdlgen.errors import StoreError

FOLDER = Path(__file__).parent.parent.parent / "benchmarks"
KEYS = {"name", "met", "figures", "goals", "rows", "wall_s", "versions", "machine", "command", "date"}


def benchmark(name: str) -> Benchmark:
    goal = Goal(figure="seconds", direction=Bound.AT_MOST, bound=300)
    return Benchmark(name=name, summary=f"{name} summary.", method=f"{name} method.", goals=(goal,), measure=never)


def never(say: object) -> Measured:
    raise AssertionError


def document(name: str, seconds: float) -> dict[str, Any]:
    return {
        "name": name,
        "met": seconds <= 300,
        "figures": {"other": 1234567.0, "seconds": seconds},
        "goals": {"seconds": 300},
        "rows": [],
        "wall_s": 12.3,
        "versions": {"python": "3.11.7"},
        "machine": {"processor": "P", "cores": 2, "memory_gb": 8.0, "system": "Linux x86_64", "load_before": 0.5},
        "command": f"python -m benchmarks {name}",
        "date": "2026-01-02T03:04:05+00:00",
    }


def test_the_page_has_a_table_a_benchmark() -> None:
    text = page({"b": document("b", 330.0)}, {"a": benchmark("a"), "b": benchmark("b")})
    assert text.index("## a\n\na summary.\n\nNot run yet.\n\na method.") < text.index("## b\n")
    assert "| seconds | 330 | at most 300 | MISSED, 10.0% above |\n| other | 1,234,567 |  |  |\n" in text
    assert (
        "`python -m benchmarks b`, 2026-01-02, took 12 s.\nP, 2 cores, 8 GB, Linux x86_64; load before it began 0.5.\n"
        in text
    )
    assert "Versions: python 3.11.7." in text


def test_tables_stand_below_the_figures() -> None:
    shown = {"title": "sky130hd", "columns": ["design", "area"], "rows": [["dot8", "0.8"]]}
    text = page({"a": {**document("a", 1.0), "tables": [shown]}}, {"a": benchmark("a")})
    laid_out = "### sky130hd\n\n| design | area |\n| --- | ---: |\n| dot8 | 0.8 |\n\n`python -m benchmarks a`"
    assert text.index("| other |") < text.index(laid_out)


def test_a_result_is_kept_and_the_page_made_anew(tmp_path: Path) -> None:
    benchmarks = {"a": benchmark("a"), "b": benchmark("b")}
    keep(document("a", 100.0), benchmarks, folder=tmp_path)
    path = keep(document("b", 200.0), benchmarks, folder=tmp_path)
    keep(document("a", 400.0), benchmarks, folder=tmp_path)
    assert path == tmp_path / "results" / "b.json"
    assert json.loads(path.read_text()) == document("b", 200.0)
    assert read_results(tmp_path) == {"a": document("a", 400.0), "b": document("b", 200.0)}
    assert (tmp_path / "README.md").read_text() == page(read_results(tmp_path), benchmarks)
    assert (tmp_path / "README.md").read_text().count("MISSED, ") == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "a.json: the result must be readable JSON (Expecting property name enclosed in double quotes"),
        ('{"name": "b"}', "a.json: name must be that of the file, 'a'"),
        ("[]", "a.json: name must be that of the file, 'a'"),
    ],
)
def test_a_file_that_is_no_result_is_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "a.json").write_text(text)
    with pytest.raises(StoreError) as caught:
        read_results(tmp_path)
    assert message in str(caught.value)


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "results").write_text("a file where a folder must be")
    with pytest.raises(StoreError) as caught:
        keep(document("a", 1.0), {"a": benchmark("a")}, folder=tmp_path)
    assert str(caught.value) == f"{tmp_path}/results: the result must be writable (File exists)"


def test_the_kept_results_are_whole_and_judged_by_the_goals_of_today() -> None:
    for name, kept in read_results(FOLDER).items():
        goals = BENCHMARKS[name].goals
        assert set(kept) - {"tables"} == KEYS
        assert kept["goals"] == {goal.figure: goal.bound for goal in goals}
        assert kept["met"] is all(goal.met(kept["figures"][goal.figure]) for goal in goals)


def test_the_kept_page_is_that_of_the_kept_results() -> None:
    assert (FOLDER / "README.md").read_text(encoding="utf-8") == page(read_results(FOLDER), BENCHMARKS)

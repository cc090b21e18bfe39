"""A table's file: what was written is read back, equal tables are equal files, and a broken one is refused in words."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hdlgen.errors import InputError
from hdlgen.evaluation import Status
from hdlgen.limits import MAX_TABLE_FILE_BYTES
from search.tabulation import Tabulation, read_tabulation, write_tabulation
from tests.search.compare.toy_trials import header, tabulation
from tests.search.toy import OBJECTIVES, TOY, ToyEvaluator


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "toy.json.gz"
    write_tabulation(path, tabulation())
    return path


def test_what_is_written_is_read_back(path: Path) -> None:
    read, written = read_tabulation(path), tabulation()
    assert read.header == written.header
    assert read.objectives == OBJECTIVES
    assert len(read.evaluations) == len(written.evaluations) == TOY.size()
    for mine, theirs in zip(read.evaluations, written.evaluations, strict=True):
        assert (mine.point, mine.status, mine.score, mine.key, mine.message) == (
            theirs.point, theirs.status, theirs.score, theirs.key, theirs.message,
        )  # fmt: skip
        assert mine.feasible is (mine.status is Status.OK), "the header has no constraints"


def test_feasible_is_what_keeps_the_constraints_of_the_header(tmp_path: Path) -> None:
    path = tmp_path / "toy.json.gz"
    write_tabulation(path, tabulation(constraints=[{"metric": "area_um2", "bound": 500.0}]))
    for evaluation in read_tabulation(path).evaluations:
        assert evaluation.feasible is (evaluation.score is not None and evaluation.score.area_um2 <= 500)


def test_energy_has_a_column_where_it_was_measured(path: Path, tmp_path: Path) -> None:
    assert "energy_pj" not in json.loads(gzip.decompress(path.read_bytes()))["scores"]
    evaluations = [
        replace(one, score=None if one.score is None else replace(one.score, energy_pj=float(at)))
        for at, one in enumerate(tabulation().evaluations)
    ]
    other = tmp_path / "energy.json.gz"
    write_tabulation(other, Tabulation(header=header(), evaluations=tuple(evaluations)))
    read = [one.score for one in read_tabulation(other).evaluations]
    assert read == [one.score for one in evaluations]


def test_equal_hardware_takes_the_runtime_of_its_one_measurement(tmp_path: Path) -> None:
    evaluations = list(ToyEvaluator(failures=False).evaluate(list(TOY.enumerate())))
    seen: set[str] = set()
    for at, evaluation in enumerate(evaluations):  # as a real measurement does: known hardware takes no time
        changed = {**evaluation.as_dict(), "runtime_s": 0.0 if evaluation.key in seen else 0.125}
        evaluations[at] = type(evaluation).from_dict(changed)
        seen.add(evaluation.key)
    assert len(seen) < len(evaluations)
    path = tmp_path / "toy.json.gz"
    write_tabulation(path, Tabulation(header=header(), evaluations=tuple(evaluations)))
    assert {evaluation.runtime_s for evaluation in read_tabulation(path).evaluations} == {0.125}


def test_equal_tables_are_equal_files_and_a_table_of_160_points_is_small(path: Path, tmp_path: Path) -> None:
    again = tmp_path / "other.json.gz"
    write_tabulation(again, tabulation())
    assert again.read_bytes() == path.read_bytes()
    assert path.stat().st_size < 20_000


def test_its_table_has_the_listed_points_alone_and_the_true_front(path: Path) -> None:
    table = read_tabulation(path).table("mine")
    assert (table.name, len(table), table.space.size()) == ("mine", TOY.size(), TOY.size())
    assert set(table.space.enumerate()) == set(TOY.enumerate())
    good = [e for e in tabulation().evaluations if e.score is not None]
    for member in table.front:
        assert member.score is not None
        assert not any(
            e.score is not None
            and e.score.area_um2 <= member.score.area_um2
            and e.score.throughput_msps > member.score.throughput_msps
            for e in good
        )


def written(folder: Path) -> bytes:
    path = folder / "whole.json.gz"
    write_tabulation(path, tabulation())
    return path.read_bytes()


WRONG = "the table must be one that `hdlgen tabulate` wrote, and is not:"
SPOILT: list[tuple[str, Callable[[dict[str, Any]], object], str]] = [
    ("format", lambda d: d.update(format=9), "the table must be of format 1, not 9"),
    ("key", lambda d: d.pop("objectives"), "the table must hold 'objectives'"),
    ("column", lambda d: d["scores"].pop("area_um2"), f"{WRONG} column scores.area_um2 must hold 160 values, not none"),
    ("knob", lambda d: d["points"].pop("adder"), f"{WRONG} column points.adder must hold 160 values, not none"),
    ("short", lambda d: d["runtimes_s"].pop(), f"{WRONG} column runtimes_s must hold 160 values, not 159 values"),
    ("choice", lambda d: d["points"]["adder"].__setitem__(3, 4), f"{WRONG} point 3 must have a choice of each knob"),
    ("status", lambda d: d["statuses"].__setitem__(0, "fine"), f"{WRONG} 'fine' is not a valid Status"),
    (
        "metric",
        lambda d: d.update(constraints=[{"metric": "aera", "bound": 1}]),
        f"{WRONG} constraint 'aera' is no metric",
    ),
    ("direction", lambda d: d["objectives"][0].update(direction="up"), f"{WRONG} 'up' is not a valid Direction"),
]


@pytest.mark.parametrize(("name", "change", "message"), SPOILT, ids=[row[0] for row in SPOILT])
def test_a_broken_table_is_refused_by_what_is_wrong_with_it(
    tmp_path: Path, name: str, change: Callable[[dict[str, Any]], object], message: str
) -> None:
    path = tmp_path / "toy.json.gz"
    document = json.loads(gzip.decompress(written(tmp_path)))
    change(document)
    path.write_bytes(gzip.compress(json.dumps(document).encode()))
    with pytest.raises(InputError) as caught:
        read_tabulation(path)
    assert str(caught.value) == f"{path}: {message}"


def test_a_file_that_is_no_table_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "toy.json.gz"

    def message() -> str:
        with pytest.raises(InputError) as caught:
            read_tabulation(path)
        return str(caught.value)

    assert message() == f"{path}: the table must be a readable file (No such file or directory)"
    path.write_bytes(b"knob0,time")
    assert message() == f"{path}: the table must be a whole gzip file, and is not: Not a gzipped file (b'kn')"
    path.write_bytes(written(tmp_path)[:-30])
    assert message().startswith(f"{path}: the table must be a whole gzip file, and is not: ")
    path.write_bytes(gzip.compress(b"[1, 2]"))
    assert message() == f"{path}: the table must hold a JSON object, not list"
    path.write_bytes(gzip.compress(b"{"))
    assert message().startswith(f"{path}: the table must hold a JSON object: ")
    path.write_bytes(gzip.compress(bytes(MAX_TABLE_FILE_BYTES + 1)))
    assert message() == f"{path}: the table must have at most {MAX_TABLE_FILE_BYTES} bytes unpacked"


def test_no_feasible_point_is_no_table(tmp_path: Path) -> None:
    path = tmp_path / "toy.json.gz"
    write_tabulation(path, tabulation(constraints=[{"metric": "area_um2", "bound": 1.0}]))
    with pytest.raises(InputError, match="toy: at least one point must be feasible"):
        read_tabulation(path).table("toy")

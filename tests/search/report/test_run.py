"""Reading a run folder: what is there comes back, what is broken is one sentence with its place."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from hdlgen.errors import StoreError
from hdlgen.evaluation import Constraint, Direction, Objective, Status
from search.report.run import read_run
from tests.search.report.toy_run import KNOBS, STOCK_RECIPES, write_run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_run(tmp_path / "dot8-1")


def change(folder: Path, **values: Any) -> None:
    path = folder / "run.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def refusal(folder: Path) -> str:
    with pytest.raises(StoreError) as caught:
        read_run(folder)
    assert "\n" not in str(caught.value)
    return str(caught.value).replace(str(folder), "RUN")


def test_everything_comes_back(folder: Path) -> None:
    run = read_run(folder)
    lines = [json.loads(line) for line in (folder / "evaluations.jsonl").read_text().splitlines()]
    assert (run.name, run.technology, run.strategy) == ("dot8", "sky130hd", "evolution")
    assert (run.seed, run.budget, run.space_size) == (1, 40, 288)
    assert run.objectives[1] == Objective(metric="throughput_msps", direction=Direction.MAXIMIZE)
    assert run.constraints == (Constraint(metric="clock_mhz", bound=100),)
    assert run.knobs == tuple((name, tuple(choices)) for name, choices in KNOBS.items())
    assert [dict(trial.point) for trial in run.trials] == [line["point"] for line in lines]
    assert [trial.score for trial in run.trials] == [line["score"] for line in lines]
    assert [trial.status.value for trial in run.trials] == [line["status"] for line in lines]
    assert len(run.measured) == 40
    assert len(run.trials) == 43
    assert [(stock.flow, stock.recipe) for stock in run.stock if stock.score] == list(STOCK_RECIPES)
    assert run.elapsed_s == 58.4


def test_a_run_in_progress_has_no_result_and_a_torn_last_line(folder: Path) -> None:
    (folder / "result.json").unlink()
    (folder / "stock.jsonl").unlink()
    path = folder / "evaluations.jsonl"
    whole = path.read_text().splitlines()
    path.write_text("\n".join(whole[:10]) + "\n" + whole[10][:50])
    run = read_run(folder)
    assert len(run.trials) == 10
    assert run.stock == ()
    assert run.elapsed_s == json.loads(whole[9])["elapsed_s"]
    path.write_text("\n".join(whole[:10]))  # whole, but for the newline
    assert len(read_run(folder).trials) == 10


def test_a_run_just_begun_has_no_evaluations(folder: Path) -> None:
    for name in ("evaluations.jsonl", "stock.jsonl", "result.json"):
        (folder / name).unlink()
    run = read_run(folder)
    assert run.trials == ()
    assert run.elapsed_s == 0


def test_a_liberty_file_is_a_technology(folder: Path) -> None:
    change(folder, technology={"liberty": "cells.lib"})
    assert read_run(folder).technology == "cells.lib"


def test_a_folder_without_a_run_is_refused(tmp_path: Path) -> None:
    expected = f"{tmp_path}: the run folder must hold a file run.json, and this one holds none"
    with pytest.raises(StoreError, match=expected):
        read_run(tmp_path)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"name": 7}, "RUN/run.json: name must be a text, not 7"),
        ({"seed": -1}, "RUN/run.json: seed must be a whole number of 0 or more, not -1"),
        ({"objectives": []}, "RUN/run.json: objectives must be a list of at least one objective, not []"),
        ({"objectives": 3}, "RUN/run.json: objectives must be a list, not 3"),
        ({"objectives": [5]}, "RUN/run.json: objectives[0] must be an object, not 5"),
        (
            {"objectives": [{"metric": "area_um2", "direction": "down"}]},
            "RUN/run.json: objectives[0]: direction must be 'minimize' or 'maximize', not 'down'",
        ),
        ({"knobs": [1]}, "RUN/run.json: knobs must be an object, not [1]"),
        ({"knobs": {"adder": "ripple"}}, "RUN/run.json: knobs: adder must be a list, not 'ripple'"),
        (
            {"constraints": [{"metric": "clock_mhz", "bound": True}]},
            "RUN/run.json: constraints[0]: bound must be a finite number, not True",
        ),
    ],
)
def test_a_wrong_header_is_refused_by_field(folder: Path, values: dict[str, Any], message: str) -> None:
    change(folder, **values)
    assert refusal(folder) == message


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"status": "fine"}, "status must be one of ok, invalid, mismatch, tool_failed, timeout, not 'fine'"),
        ({"score": {}}, "score: area_um2 must be a finite number, not None"),
        ({"score": {"area_um2": float("nan")}}, "score: area_um2 must be a finite number, not nan"),
        ({"score": [1]}, "score must be an object, not [1]"),
        ({"feasible": 1}, "feasible must be true or false, not 1"),
        ({"point": "interval=1"}, "point must be an object, not 'interval=1'"),
    ],
)
def test_a_wrong_evaluation_is_refused_by_line_and_field(folder: Path, values: dict[str, Any], message: str) -> None:
    path = folder / "evaluations.jsonl"
    lines = path.read_text().splitlines()
    lines[2] = json.dumps(json.loads(lines[2]) | {"status": "ok"} | values)
    path.write_text("\n".join(lines) + "\n")
    assert refusal(folder) == f"RUN/evaluations.jsonl: line 3: {message}"


def test_a_broken_line_is_refused_by_number(folder: Path) -> None:
    path = folder / "evaluations.jsonl"
    lines = path.read_text().splitlines()
    lines[4] = lines[4][:30]
    path.write_text("\n".join(lines) + "\n")
    shown = lines[4].strip()[:40]
    assert refusal(folder) == f"RUN/evaluations.jsonl: line 5: the text must be valid JSON, not {shown!r}"


def test_files_that_are_no_json_are_refused(folder: Path) -> None:
    (folder / "result.json").write_text("[1]")
    assert refusal(folder) == "RUN/result.json: the text must be a JSON object, not [1]"
    (folder / "result.json").write_bytes(b"\xff\xfe")
    assert refusal(folder) == "RUN/result.json: the file must be UTF-8 text, not byte 0xff"
    (folder / "run.json").write_text("[" * 100_000)
    assert refusal(folder) == "RUN/run.json: the JSON must not be nested that deeply"


def test_statuses_without_score_keep_their_message(folder: Path) -> None:
    failed = [trial for trial in read_run(folder).trials if trial.status is not Status.OK]
    assert failed
    assert all(trial.score is None and "ABC took more than 60 s" in trial.message for trial in failed)

"""The command: it lists, it runs, it keeps, and its status says whether the goals are met."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import BENCHMARKS
from benchmarks.__main__ import main
from benchmarks.benchmark import Benchmark, Bound, Goal, Measured, Say, Table
from hdlgen.errors import ToolMissing


def toys(measure: Callable[[Say], Measured]) -> dict[str, Benchmark]:
    goal = Goal(figure="ratio", direction=Bound.AT_LEAST, bound=3)
    return {
        name: Benchmark(name=name, summary=f"The {name}.", method="None.", goals=(goal,), measure=measure)
        for name in ("first", "second")
    }


def ratio(value: float) -> Callable[[Say], Measured]:
    def measure(say: Say) -> Measured:
        say("under way")
        return Measured(figures={"ratio": value, "seconds": 2.0}, rows=[])

    return measure


def test_the_goals_are_the_published_ones() -> None:
    assert [benchmark.name for benchmark in BENCHMARKS.values()] == list(BENCHMARKS)
    goals = {
        one.name: {goal.figure: f"{goal.direction} {goal.bound:g}" for goal in one.goals}
        for one in BENCHMARKS.values()
        if one.goals
    }
    assert goals == {
        "demo": {
            "seconds_icarus": "at most 300",
            "seconds_verilator": "at most 300",
            "search_seconds_icarus": "at most 60",
            "search_seconds_verilator": "at most 150",
        },
        "stock": {
            "area_ratio_fast": "at most 0.8",
            "area_ratio_small": "at most 0.7",
            "period_ratio_fast": "at most 0.8",
            "period_ratio_small": "at most 0.65",
            "dot8_small_area": "at most 0.8",
            "dot8_small_period": "at most 0.9",
            "dot8_fast_area": "at most 0.92",
            "dot8_fast_period": "at most 0.92",
        },
        "constants": {
            "hypervolume_ratio": "at least 1.15",
            "dominated_share": "at least 1",
        },
        "adders": {
            "area_delay_ratio_worst": "at most 0.92",
            "behind": "at most 1",
        },
        "multipliers": {
            "area_delay_ratio_worst": "at most 0.92",
            "behind": "at most 1",
        },
        "loop": {
            "ratio": "at least 5",
        },
        "functions": {
            "area_ratio_worst": "at most 0.6",
        },
        "spector": {
            "evaluations_to_99_median": "at most 30",
            "reached_99_share": "at least 0.9",
            "adrs_30_median": "at most 0.05",
            "ratio_to_uniform": "at least 8",
            "ahead_of_optuna_share": "at least 1",
        },
        "tables": {
            "share_to_95_median": "at most 0.03",
            "replay_s": "at most 120",
        },
        "features": {
            "regret_ratio": "at least 1",
        },
        "stopping": {
            "bound_holds": "at least 0.9",
            "bound_holds_worst_table": "at least 0.8",
        },
        "scaling": {
            "decision_share_small_100": "at most 0.05",
        },
        "fuzz": {
            "inputs": "at least 100000",
            "crashes": "at most 0",
            "escapes": "at most 0",
        },
        "fpga": {
            "lut_ratio": "at most 0.8",
            "clock_ratio": "at least 1",
            "seconds_max": "at most 180",
        },
        "kills": {
            "resumed": "at least 200",
        },
        "nodes": {
            "seconds": "at most 600",
        },
        "proofs": {
            "simulated_share": "at least 1",
            "proved_share": "at least 0.9",
            "seconds_max": "at most 60",
        },
        "faults": {
            "planted": "at least 10000",
            "caught_share": "at least 0.99",
            "escaped": "at most 0",
        },
        "learn_words": {
            "seconds_total": "at most 10",
            "alu_and_ratio": "at most 1.3",
        },
        "learn_rv32i": {
            "seconds_max": "at most 120",
            "counterexamples_max": "at most 15",
            "and_ratio": "at most 2",
            "proved": "at least 5",
        },
        "learn_iwls": {
            "accuracy_matching": "at least 95.5",
            "accuracy_learnt": "at least 91",
            "ands_mean": "at most 1000",
            "ands_max": "at most 5000",
            "wall_s": "at most 3600",
        },
        "learn_registers": {
            "registers": "at least 32",
            "seconds": "at most 300",
        },
    }


def test_without_a_name_they_are_listed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    benchmarks = toys(ratio(4.0))
    main(["second"], benchmarks=benchmarks, folder=tmp_path)
    capsys.readouterr()
    assert main([], benchmarks=benchmarks, folder=tmp_path) == 0
    assert capsys.readouterr().out == "first   The first. [not run yet]\nsecond  The second. [met]\n"
    assert main(["--json"], benchmarks=benchmarks, folder=tmp_path) == 0
    assert [one["name"] for one in json.loads(capsys.readouterr().out)] == ["first", "second"]


@pytest.mark.parametrize(
    ("value", "status", "verdict"), [(3.3, 0, "met, 10.0% above"), (2.7, 1, "MISSED, 10.0% below")]
)
def test_a_run_is_printed_and_kept(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], value: float, status: int, verdict: str
) -> None:
    assert main(["first"], benchmarks=toys(ratio(value)), folder=tmp_path) == status
    printed = capsys.readouterr()
    lines = printed.out.splitlines()
    assert lines[0].split() == ["ratio", f"{value:.3f}", "at", "least", "3", *verdict.split()]
    assert lines[1].split() == ["seconds", "2.000"]
    assert lines[2] == f"first: {verdict.partition(',')[0]}; kept in {tmp_path}/results/first.json"
    assert "under way" in printed.err
    assert json.loads((tmp_path / "results" / "first.json").read_text())["figures"]["ratio"] == value


def test_json_is_one_document_and_nothing_else(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["first", "--json"], benchmarks=toys(ratio(4.0)), folder=tmp_path) == 0
    assert json.loads(capsys.readouterr().out) == json.loads((tmp_path / "results" / "first.json").read_text())


def test_an_unknown_name_is_answered_with_the_nearest(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["frist"], benchmarks=toys(ratio(4.0)), folder=tmp_path) == 2
    printed = capsys.readouterr()
    message = "name: the benchmark must be one of first, second, not 'frist' (did you mean 'first'?)"
    assert (printed.out, printed.err) == ("", f"benchmarks: {message}\n")
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_measured_leaves_no_result(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def measure(say: Say) -> Measured:
        raise ToolMissing("iverilog: the program is missing")

    assert main(["first"], benchmarks=toys(measure), folder=tmp_path) == 3
    assert capsys.readouterr().err == "benchmarks: iverilog: the program is missing\n"
    assert list(tmp_path.iterdir()) == []


def test_parts_are_shown_and_not_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def measure_parts(say: Say, parts: Sequence[str]) -> Measured:
        shown = Table(title="cells", columns=("part", "area"), rows=tuple((part, "7") for part in parts))
        return Measured(figures={"ratio": 0.5}, rows=[], tables=[shown])

    parted = replace(toys(ratio(4.0))["first"], parts=("left", "right"), measure_parts=measure_parts)
    benchmarks = {**toys(ratio(4.0)), "first": parted}
    assert main(["first", "--only", "right, left"], benchmarks=benchmarks, folder=tmp_path) == 0
    assert capsys.readouterr().out == "cells\npart   area\nright     7\nleft      7\nratio  0.500\n"
    assert main(["first", "--only", "rigth"], benchmarks=benchmarks, folder=tmp_path) == 2
    message = "--only: a part must be one of left, right, not 'rigth' (did you mean 'right'?)"
    assert capsys.readouterr().err == f"benchmarks: {message}\n"
    assert main(["second", "--only", "left"], benchmarks=benchmarks, folder=tmp_path) == 2
    assert capsys.readouterr().err == "benchmarks: --only: the benchmark must have parts, and second has none\n"
    assert list(tmp_path.iterdir()) == []

"""`hdlgen compare`: on tables and live, after a kill, with a user's own strategy, and each mistake in words."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from search.strategies import STRATEGIES
from search.tabulation import write_tabulation
from tests.hdlgen.cli.command import Hdlgen
from tests.search.compare.toy_trials import tabulation
from tests.sim.specs import DOT

ROOT = Path(__file__).parents[3]
SMALL = ("--seeds", "3", "--budget", "16")
OWN = """
import os, time
from search.strategies import UniformSearch

class Mine(UniformSearch):
    pass

class Raises(UniformSearch):
    def ask(self, count):
        raise RuntimeError("no idea")

class Hangs(UniformSearch):
    def ask(self, count):
        time.sleep(60)
"""


@pytest.fixture
def toy(folder: Path) -> str:
    write_tabulation(folder / "toy.json.gz", tabulation())
    (folder / "mine.py").write_text(OWN)
    return "toy.json.gz"


def read(path: str) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in Path(path).read_text().splitlines()]
    for line in lines:
        del line["decision_s"]  # which no two runs share
    return sorted(lines, key=lambda line: (line["problem"], line["strategy"], line["seed"]))


def test_all_strategies_on_a_table(hdlgen: Hdlgen, toy: str) -> None:
    ran = hdlgen("compare", toy, *SMALL, "--json")
    assert ran.status == 0
    found = json.loads(ran.out)
    ours = found["strategies"]
    assert ours[0] == "uniform" and set(ours) <= set(STRATEGIES)
    assert [row["strategy"] for row in found["summary"]] == ours
    assert {row["problem"] for row in found["summary"]} == {"toy"}
    assert found["command"] == "hdlgen compare toy.json.gz --seeds 3 --budget 16 --start 8 --batch 1"
    folder = Path(found["folder"])
    assert folder == Path("runs/compare-1")
    assert (folder / "report.html").read_text().startswith("<!doctype html>")
    assert json.loads((folder / "result.json").read_text()) == found
    assert f"{3 * len(ours)} of {3 * len(ours)} trials" in ran.err


def test_trials_do_not_depend_on_workers(hdlgen: Hdlgen, toy: str) -> None:
    for workers in ("1", "3"):
        arguments = (
            "compare",
            toy,
            *SMALL,
            "--strategies",
            "uniform,local",
            "--workers",
            workers,
            "--out",
            f"w{workers}",
        )
        assert hdlgen(*arguments).status == 0
    assert read("w1/trials.jsonl") == read("w3/trials.jsonl")


def test_a_comparison_goes_on_after_a_kill_and_with_more_seeds(hdlgen: Hdlgen, toy: str) -> None:
    arguments = [
        "compare",
        toy,
        "--seeds",
        "40",
        "--budget",
        "40",
        "--strategies",
        "uniform,local,evolution",
        "--out",
        "c",
    ]
    program = "import sys; from hdlgen.cli import main; sys.exit(main())"
    begun = subprocess.Popen([sys.executable, "-c", program, *arguments], env={**os.environ, "PYTHONPATH": str(ROOT)})
    try:
        deadline = time.monotonic() + 120
        while (
            not (Path("c/trials.jsonl").is_file() and Path("c/trials.jsonl").stat().st_size)
            and time.monotonic() < deadline
        ):
            time.sleep(0.01)
        begun.send_signal(signal.SIGKILL)
    finally:
        begun.wait()
    held = len(Path("c/trials.jsonl").read_text().splitlines())
    assert 0 < held <= 120
    assert hdlgen(*arguments, "--resume").status == 0
    assert hdlgen(*arguments[:-2], "--out", "whole").status == 0
    assert read("c/trials.jsonl") == read("whole/trials.jsonl")
    arguments[3] = "41"
    ran = hdlgen(*arguments, "--resume")
    assert ran.status == 0 and "121 of 123 trials" in ran.err and "1 of 123" not in ran.err.replace("121 of 123", "")


def test_ones_own_strategy_stands_beside_ours(hdlgen: Hdlgen, toy: str) -> None:
    ran = hdlgen("compare", toy, *SMALL, "--strategies", "uniform", "--strategy-file", "mine.py:Mine", "--json")
    found = json.loads(ran.out)
    assert ran.status == 0 and found["strategies"] == ["uniform", "Mine"]
    same = {key: value for key, value in found["summary"][1].items() if not key.startswith("decision")}
    assert same == {
        key: value if key != "strategy" else "Mine" for key, value in found["summary"][0].items() if key in same
    }


def test_ones_own_errors_are_named_and_the_others_go_on(hdlgen: Hdlgen, toy: str) -> None:
    own = ("--strategy-file", "mine.py:Raises", "--strategy-file", "mine.py:Hangs", "--decision-limit", "0.5")
    ran = hdlgen("compare", toy, "--seeds", "7", "--budget", "16", "--strategies", "uniform", *own, "--json")
    assert ran.status == 1
    found = json.loads(ran.out)
    assert [row["failed"] for row in found["summary"]] == [0, 7, 7]
    assert found["summary"][0]["trials"] == 7
    assert "hdlgen: strategy Raises: ask raised RuntimeError: no idea (7 trials)" in ran.err
    assert "hdlgen: strategy Hangs: ask must end within 0.5 s; it was stopped (" in ran.err


def test_a_strategy_that_only_fails_is_given_up(hdlgen: Hdlgen, toy: str) -> None:
    arguments = ("compare", toy, "--seeds", "60", "--budget", "16", "--strategies", "uniform", "--workers", "1")
    ran = hdlgen(*arguments, "--strategy-file", "mine.py:Raises", "--json")
    errors = json.loads(ran.out)["errors"]
    assert ran.status == 1 and sum(errors.values()) == 60
    assert errors["strategy Raises: not run, since its first 3 trials failed"] > 0


def test_a_csv_table_says_which_way_its_objectives_go(hdlgen: Hdlgen, folder: Path) -> None:
    lines = [
        "depth,kind,area,rate",
        *(f"{d},{k},{d * (1 + i)},{d * (3 - i)}" for d in range(1, 9) for i, k in enumerate("ab")),
    ]
    (folder / "own.csv").write_text("\n".join(lines))
    ran = hdlgen("compare", "own.csv", "--objectives", "area,max:rate", "--seeds", "2", "--budget", "12", "--json")
    found = json.loads(ran.out)
    assert ran.status == 0
    assert found["problems"][0]["objectives"] == ["minimize area", "maximize rate"]
    assert found["problems"][0]["front"] == 8  # kind b costs more and gives less


def test_measured_live_each_point_once_for_all(hdlgen: Hdlgen, folder: Path) -> None:
    pins = {
        "interval": "[1, 2]",
        "reduction": '"heap"',
        "full_adders": '"gates"',
        "recipe": '"lean"',
        "multiplier": '"dadda"',
    }
    knobs = "\n".join(f"{name} = {value}" for name, value in pins.items())
    (folder / "small.toml").write_text(f'{DOT}\n[knobs]\n{knobs}\nstages = [0, 1]\nadder = ["sklansky", "ripple"]\n')
    arguments = (
        "--strategies",
        "uniform,local",
        "--seeds",
        "2",
        "--budget",
        "6",
        "--start",
        "2",
        "--batch",
        "2",
        "--out",
        "live",
    )
    ran = hdlgen("compare", "small.toml", *arguments, "--json")
    assert ran.status == 0
    found = json.loads(ran.out)
    lines = [json.loads(line) for line in Path("live/measured-dot4.jsonl").read_text().splitlines()]
    assert len({json.dumps(line["point"]) for line in lines}) == len(lines) <= found["problems"][0]["space_size"]
    assert all(line["status"] == "ok" and line["runtime_s"] > 0 for line in lines)
    assert found["problems"][0]["points"] == len(lines)
    again = hdlgen("compare", "small.toml", *arguments, "--resume", "--json")
    assert json.loads(again.out)["summary"] == found["summary"]


ERRORS: list[tuple[tuple[str, ...], str]] = [
    (("toy.json.gz", "--seeds", "0"), "--seeds must be 1 to 10000, not 0"),
    (("toy.json.gz", "--budget", "0"), "--budget must be 1 to 100000, not 0"),
    (("toy.json.gz", "--budget", "5", "--start", "5"), "--start must be 0 to 4, not 5"),
    (("toy.json.gz", "--batch", "0"), "--batch must be 1 to 1024, not 0"),
    (("toy.json.gz", "--decision-limit", "0"), "--decision-limit must be above 0 seconds, not 0"),
    (
        ("toy.json.gz", "--strategies", "unifrom"),
        f"--strategies must be of {', '.join(STRATEGIES)}, not 'unifrom' (did you mean 'uniform'?)",
    ),
    (
        ("toy.json.gz", "--objectives", "area,,rate"),
        "--objectives must be names of columns with commas between, not 'area,,rate'",
    ),
    (("toy.json.gz", "toy.json.gz"), "SPEC: problems must have different names, not 'toy' twice"),
    ((), "SPEC must be given at least once, or --replay for all shipped tables"),
    (
        ("none.csv",),
        "none.csv: the table must be a readable CSV file ([Errno 2] No such file or directory: 'none.csv')",
    ),
    (("none.json.gz",), "none.json.gz: the table must be a readable file (No such file or directory)"),
    (("toy.json.gz", "--resume"), "runs: a comparison compare-N must be there to resume, and none is"),
    (
        ("dot8.toml", "--replay"),
        "dot8.toml: the table dot8.json.gz must be there to be replayed: hdlgen tabulate makes it",
    ),
]


@pytest.mark.parametrize(("arguments", "message"), ERRORS)
def test_a_mistake_is_one_line_and_status_2(hdlgen: Hdlgen, toy: str, arguments: tuple[str, ...], message: str) -> None:
    ran = hdlgen("compare", *arguments)
    assert (ran.status, ran.out, ran.err) == (2, "", f"hdlgen: {message}\n")
    assert not Path("runs").exists(), "nothing is begun"


def test_a_table_that_changed_is_no_more_what_was_compared(hdlgen: Hdlgen, toy: str, folder: Path) -> None:
    assert hdlgen("compare", toy, *SMALL, "--strategies", "uniform", "--out", "c").status == 0
    write_tabulation(folder / toy, tabulation(spec="name = 'other'"))
    ran = hdlgen("compare", toy, *SMALL, "--strategies", "uniform", "--out", "c", "--resume")
    assert ran.status == 2 and "c: inputs must be" in ran.err and "as when the comparison began" in ran.err

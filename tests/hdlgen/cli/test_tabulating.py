"""`hdlgen tabulate`: a whole space in one file, the same with any number of workers and after a kill."""

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

from hdlgen.cli.project import open_project
from search.tabulation import read_tabulation
from tests.hdlgen.cli.command import Hdlgen
from tests.sim.specs import DOT

ROOT = Path(__file__).parents[3]
KNOBS = """
[constraints]
clock_mhz = 300
[knobs]
interval = [1, 2]
stages = [0, 1]
reduction = "heap"
multiplier = "dadda"
full_adders = ["cells", "gates"]
adder = ["sklansky", "ripple"]
recipe = "lean"
"""


@pytest.fixture
def spec(folder: Path) -> str:
    (folder / "small.toml").write_text(DOT + KNOBS)
    return "small.toml"


def content(path: str) -> list[dict[str, Any]]:
    """Give all that a table says of its points but for the seconds, which no two runs share."""
    return [{**e.as_dict(), "runtime_s": None} for e in read_tabulation(Path(path)).evaluations]


def test_every_point_is_scored_and_the_file_says_how(hdlgen: Hdlgen, spec: str) -> None:
    ran = hdlgen("tabulate", spec, "--json")
    assert ran.status == 0
    found = json.loads(ran.out)
    space = open_project(spec).space
    assert (found["name"], found["points"], found["file"]) == ("dot4", space.size(), "dot4.json.gz")
    assert found["counts"]["ok"] + found["counts"]["repeated"] == space.size()
    table = read_tabulation(Path("dot4.json.gz"))
    assert [evaluation.point for evaluation in table.evaluations] == list(space.enumerate())
    assert table.header["command"] == "hdlgen tabulate small.toml"
    assert table.header["spec"] == Path(spec).read_text() and {"hdlgen", "measuring"} <= set(table.header["versions"])
    assert all(evaluation.runtime_s > 0 for evaluation in table.evaluations)
    assert 0 < found["feasible"] < space.size(), "300 MHz cuts the space"
    assert not Path("dot4.json.gz.run").exists()
    # The table agrees with a measurement of its own.
    chosen = table.evaluations[5]
    measured = json.loads(hdlgen("measure", spec, "--point", chosen.point.text(), "--json").out)
    assert chosen.score is not None and measured["score"] == chosen.score.as_dict()


def test_killed_and_resumed_with_other_workers_it_is_the_same_table(hdlgen: Hdlgen, spec: str) -> None:
    assert hdlgen("tabulate", spec, "--out", "one.json.gz", "--workers", "1").status == 0
    program = "import sys; from hdlgen.cli import main; sys.exit(main())"
    command = [sys.executable, "-c", program, "tabulate", spec, "--out", "two.json.gz", "--workers", "2"]
    begun = subprocess.Popen(command, env={**os.environ, "PYTHONPATH": str(ROOT)})
    journal = Path("two.json.gz.run/evaluations.jsonl")
    try:
        deadline = time.monotonic() + 120
        while not (journal.is_file() and journal.stat().st_size) and time.monotonic() < deadline:
            time.sleep(0.01)
        begun.send_signal(signal.SIGKILL)
    finally:
        begun.wait()
    assert not Path("two.json.gz").exists()
    refused = hdlgen("tabulate", spec, "--out", "two.json.gz")
    assert refused.status == 2
    assert refused.err.endswith(
        "hdlgen: two.json.gz.run: a new run must have a folder without one; --resume goes on with the old\n"
    )
    assert hdlgen("tabulate", spec, "--out", "two.json.gz", "--resume").status == 0
    assert content("one.json.gz") == content("two.json.gz")


def test_a_space_too_large_is_refused_with_what_to_narrow(hdlgen: Hdlgen) -> None:
    ran = hdlgen("tabulate", "dot8")
    assert (ran.status, ran.out) == (2, "")
    space = open_project("dot8").space
    refused = (
        f"dot8/spec.toml: space must have at most 20,000 points to be tabulated, not {space.size():,}: pin or narrow"
    )
    assert refused in ran.err
    heaviest = sorted(space.knobs, key=lambda knob: -len(knob.choices))[:3]
    listed = ", ".join(f"{knob.name} ({len(knob.choices)} choices)" for knob in heaviest)
    assert f"knobs in [knobs], first of all {listed}" in ran.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--out", "table.csv"), "--out must be the name of a table, ending in .json.gz, not 'table.csv'"),
        (("--workers", "0"), "--workers must be 1 to 256, not 0"),
        (("--resume",), "dot4.json.gz.run: the folder must hold a run to resume, and it has no run.json"),
    ],
)
def test_a_mistake_is_one_line_and_status_2(
    hdlgen: Hdlgen, spec: str, arguments: tuple[str, ...], message: str
) -> None:
    ran = hdlgen("tabulate", spec, *arguments)
    assert (ran.status, ran.out, ran.err) == (2, "", f"hdlgen: {message}\n")

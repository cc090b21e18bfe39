"""`search`: what it writes, and that nothing but the spec, the seed and the settings decides it, not even a kill."""

from __future__ import annotations

import csv
import errno
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest

import sim.stock
from hdlgen.cli.main import main
from hdlgen.cli.project import open_project
from hdlgen.errors import ToolError
from hdlgen.evaluation import Evaluation
from search import durable
from search.strategies import STRATEGIES, LocalSearch
from search.strategy import StrategyFactory
from sim.recipes import RECIPES
from sim.synthesize import STOCK_FLOWS
from tests.hdlgen.cli.command import Hdlgen
from tests.sim.specs import DOT, PAIR

BUDGET = 4
SEARCH = ("search", "dot4.toml", "--strategy", "local", "--batch", "2", "--budget", str(BUDGET), "--out", "run")
LESS_STOCK = (tuple(STOCK_FLOWS[:1]), dict(list(RECIPES.items())[:2]))
"""Enough of a baseline for here."""
PROGRAM = """
import signal, sys, sim.stock
signal.signal(signal.SIGINT, signal.default_int_handler)  # whatever started the tests may have switched it off
sim.stock.STOCK_FLOWS = sim.stock.STOCK_FLOWS[:1]
sim.stock.RECIPES = dict(list(sim.stock.RECIPES.items())[:2])
from hdlgen.cli import main
sys.exit(main(sys.argv[1:]))
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unbroken:
    """A search by one worker from end to end: its run folder, the folder of its results, what it printed."""

    run: Path
    results: Path
    document: dict[str, Any]


@pytest.fixture(autouse=True)
def less_stock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sim.stock, "STOCK_FLOWS", LESS_STOCK[0])
    monkeypatch.setattr(sim.stock, "RECIPES", LESS_STOCK[1])


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory: pytest.TempPathFactory) -> Unbroken:
    folder = tmp_path_factory.mktemp("unbroken")
    (folder / "dot4.toml").write_text(DOT)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("XDG_CACHE_HOME", str(folder / "results"))
        patch.setattr(sim.stock, "STOCK_FLOWS", LESS_STOCK[0])
        patch.setattr(sim.stock, "RECIPES", LESS_STOCK[1])
        assert main([*SEARCH, "--workers", "1"]) == 0
    document = json.loads((folder / "run" / "result.json").read_text())
    return Unbroken(run=folder / "run", results=folder / "results", document=document)


@pytest.fixture
def new_results(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Begin without any known result."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder / "results"))


@pytest.fixture
def known_results(unbroken: Unbroken, monkeypatch: pytest.MonkeyPatch) -> None:
    """Begin with what the unbroken search knows."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(unbroken.results))


def evaluations(run: Path) -> list[dict[str, Any]]:
    """Read what a run measured, without what the clock says."""
    lines = [json.loads(line) for line in (run / "evaluations.jsonl").read_text().splitlines()]
    return [{key: value for key, value in line.items() if key not in ("elapsed_s", "runtime_s")} for line in lines]


def files_of_front(run: Path) -> dict[str, bytes]:
    paths = [run / "front.csv", *sorted((run / "front").rglob("*"))]
    return {str(path.relative_to(run)): path.read_bytes() for path in paths if path.is_file()}


def assert_same(run: Path, unbroken: Unbroken) -> None:
    assert evaluations(run) == evaluations(unbroken.run)
    assert files_of_front(run) == files_of_front(unbroken.run)


def front_by_hand(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Keep the points that no other one beats in area and in throughput."""

    def beats(one: dict[str, Any], other: dict[str, Any]) -> bool:
        better = (one["area_um2"] - other["area_um2"], other["throughput_msps"] - one["throughput_msps"])
        return bool(max(better) <= 0 and min(better) < 0)

    scores = [line["score"] for line in found]
    kept = [line for line in found if not any(beats(score, line["score"]) for score in scores)]
    return sorted(kept, key=lambda line: line["score"]["area_um2"])


def stop_halfway(how: signal.Signals, *, after: int) -> subprocess.CompletedProcess[str]:
    """Run the search in a process of its own and send it a signal as soon as some evaluations are stored."""
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *SEARCH, "--workers", "2"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    journal = Path("run/evaluations.jsonl")
    while process.poll() is None and not (journal.is_file() and journal.read_bytes().count(b"\n") >= after):
        time.sleep(0.005)
    process.send_signal(how)
    out, err = process.communicate(timeout=60)
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


def test_a_search_gives_what_it_promises(unbroken: Unbroken) -> None:
    document, run = unbroken.document, unbroken.run
    promised = ("name", "technology", "strategy", "seed", "evaluated", "counts", "wall_s", "folder", "front", "stock")
    assert document.keys() >= set(promised)
    assert document["counts"].keys() == {"ok", "invalid", "mismatch", "tool_failed", "timeout", "repeated"}
    assert (document["name"], document["evaluated"], document["counts"]["ok"]) == ("dot4", BUDGET, BUDGET)
    assert document["missing"] is None  # of so few designs nothing is said
    found = evaluations(run)
    assert [line["index"] for line in found] == list(range(BUDGET))
    best = front_by_hand(found)
    assert [(design["point"], design["score"]) for design in document["front"]] == [
        (line["point"], line["score"]) for line in best
    ]
    for design in [*document["front"], *document["stock"]]:
        assert {"point", "status", "message", "score", "folder"} <= design.keys()
    assert [(design["point"]["flow"], design["point"]["recipe"]) for design in document["stock"]] == [
        (flow, recipe) for flow in LESS_STOCK[0] for recipe in LESS_STOCK[1]
    ]
    with (run / "front.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [float(row["area_um2"]) for row in rows] == [line["score"]["area_um2"] for line in best]
    for row, design in zip(rows, document["front"], strict=True):
        folder = run / row["folder"]
        assert Path(design["folder"]).name == folder.name
        assert {path.name for path in folder.iterdir()} >= {
            *("design.v", "netlist.v", "point.toml", "results.xml", "README.md", "datapath.json"),
        }
        units = json.loads((folder / "datapath.json").read_text())["units"]
        assert units and all(unit["area_um2"] > 0 for unit in units)
    assert "<html" in (run / "report.html").read_text()
    header = json.loads((run / "run.json").read_text())
    assert header["command"] == "hdlgen search dot4.toml --strategy local --budget 4 --seed 1 --batch 2"


@pytest.mark.usefixtures("new_results")
@pytest.mark.parametrize("workers", ["2", "3"])
def test_the_number_of_workers_changes_nothing(hdlgen: Hdlgen, dot: str, unbroken: Unbroken, workers: str) -> None:
    ran = hdlgen(*SEARCH, "--workers", workers, "--json")
    assert ran.status == 0
    document = json.loads(ran.out)
    assert {**document, "front": 0, "stock": 0, "wall_s": 0, "search_s": 0, "decision_s": 0} == {
        **unbroken.document, "front": 0, "stock": 0, "wall_s": 0, "search_s": 0, "decision_s": 0
    }  # fmt: skip
    assert_same(Path("run"), unbroken)
    lines = ran.err.splitlines()
    assert lines[:3] == ["dot4 on sky130hd: run folder run", "stock baseline", "search"]
    assert lines[-2:] == ["front designs", "report"]


@pytest.mark.usefixtures("new_results")
def test_a_search_that_is_killed_goes_on_where_it_was(hdlgen: Hdlgen, dot: str, unbroken: Unbroken) -> None:
    stopped = stop_halfway(signal.SIGKILL, after=2)
    assert stopped.returncode == -signal.SIGKILL
    run = Path("run")
    stored = evaluations(run)
    assert 2 <= len(stored) < BUDGET and not (run / "front.csv").exists()
    with (run / "evaluations.jsonl").open("a") as journal:
        journal.write('{"point": {"interval"')  # as a kill in the middle of a line leaves it
    ran = hdlgen(*SEARCH, "--workers", "3", "--resume")
    assert ran.status == 0
    assert evaluations(run)[: len(stored)] == stored
    assert_same(run, unbroken)


@pytest.mark.usefixtures("new_results")
def test_a_search_that_is_interrupted_says_so_and_goes_on(hdlgen: Hdlgen, dot: str, unbroken: Unbroken) -> None:
    stopped = stop_halfway(signal.SIGINT, after=2)
    assert stopped.returncode == 130 and stopped.stdout == ""
    assert stopped.stderr.splitlines()[-1] == "hdlgen: interrupted; a search goes on with --resume"
    assert len(evaluations(Path("run"))) < BUDGET
    assert hdlgen(*SEARCH, "--resume").status == 0
    assert_same(Path("run"), unbroken)


@pytest.mark.usefixtures("known_results")
def test_a_larger_budget_goes_on_with_a_run_that_ended(hdlgen: Hdlgen, dot: str, unbroken: Unbroken) -> None:
    assert hdlgen(*SEARCH, "--budget", "3").status == 0
    run = Path("run")
    (run / "front" / "99-deadbeef").mkdir()  # a design that is on the front no longer
    assert len(evaluations(run)) == 3
    lines = (run / "evaluations.jsonl").read_text().splitlines()
    aged = [json.dumps({**json.loads(line), "elapsed_s": 1000.0}) for line in lines]
    (run / "evaluations.jsonl").write_text("\n".join(aged) + "\n")
    ran = hdlgen(*SEARCH, "--resume", "--json")
    assert ran.status == 0 and json.loads(ran.out)["wall_s"] > 1000  # that of both sittings
    assert_same(run, unbroken)
    ran = hdlgen(*SEARCH, "--resume", "--budget", "2")
    assert (ran.status, ran.err) == (2, "hdlgen: run: budget must be at least 4 as when the run began, not 2\n")


@pytest.mark.usefixtures("known_results")
def test_known_results_cost_no_time(hdlgen: Hdlgen, dot: str, unbroken: Unbroken) -> None:
    assert hdlgen(*SEARCH).status == 0
    lines = [json.loads(line) for line in Path("run/evaluations.jsonl").read_text().splitlines()]
    assert [line["runtime_s"] for line in lines] == [0.0] * BUDGET
    assert_same(Path("run"), unbroken)


@pytest.mark.usefixtures("known_results")
def test_a_strategy_that_hangs_is_stopped_and_the_run_goes_on(
    hdlgen: Hdlgen, dot: str, unbroken: Unbroken, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Hanging(LocalSearch):
        def tell(self, evaluations: Sequence[Evaluation]) -> None:
            time.sleep(600)

    with monkeypatch.context() as patch:
        patch.setitem(cast(dict[str, StrategyFactory], STRATEGIES), "local", Hanging)
        ran = hdlgen(*SEARCH, "--decision-limit", "1", "--json")
    message = "hdlgen: strategy local: tell must end within 1 s; it was stopped"
    assert (ran.status, ran.out, ran.err.splitlines()[-1]) == (1, "", message)
    assert len(evaluations(Path("run"))) == 2
    assert hdlgen(*SEARCH, "--resume").status == 0
    assert_same(Path("run"), unbroken)


@pytest.mark.usefixtures("known_results")
def test_a_full_disk_ends_a_search_that_then_goes_on(
    hdlgen: Hdlgen, dot: str, unbroken: Unbroken, monkeypatch: pytest.MonkeyPatch
) -> None:
    written, write = 0, durable.Journal.append

    def fail_later(self: durable.Journal, line: dict[str, Any]) -> None:
        nonlocal written
        written += "point" in line
        if written <= 2:
            return write(self, line)
        with durable.writing(Path("run/evaluations.jsonl")):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(durable.Journal, "append", fail_later)
        ran = hdlgen(*SEARCH, "--json")
    message = "hdlgen: run/evaluations.jsonl: it must be writable, and is not: No space left on device"
    assert (ran.status, ran.out, ran.err.splitlines()[-1]) == (2, "", message)
    assert hdlgen(*SEARCH, "--resume").status == 0
    assert_same(Path("run"), unbroken)


@pytest.mark.usefixtures("known_results")
def test_without_a_feasible_design_the_nearest_is_shown(hdlgen: Hdlgen, folder: Path, unbroken: Unbroken) -> None:
    smallest = unbroken.document["front"][0]
    bound = round(smallest["score"]["area_um2"] * 0.9, 1)
    (folder / "dot4.toml").write_text(f"{DOT}[constraints]\narea_um2 = {bound}\n")
    ran = hdlgen(*SEARCH, "--json")
    point = ",".join(f"{name}={value}" for name, value in smallest["point"].items())
    assert ran.status == 1
    assert ran.err.splitlines()[-1] == (
        f"hdlgen: no design keeps the constraints; the nearest, {point}, has area_um2"
        f" {smallest['score']['area_um2']:,.6g} where {bound:,.6g} is wanted"
    )
    document = json.loads(ran.out)
    assert document["front"] == [] and document["counts"]["ok"] == BUDGET
    assert Path("run/front.csv").read_text() == "" and Path("run/report.html").exists()
    assert all(not line["feasible"] for line in evaluations(Path("run")))


def test_equal_hardware_costs_no_budget(hdlgen: Hdlgen, folder: Path) -> None:
    knobs = 'interval = 1\nreduction = "heap"\nmultiplier = "dadda"\nadder = "ripple"\n'
    (folder / "pair.toml").write_text(f'{PAIR}[knobs]\n{knobs}full_adders = "cells"\nrecipe = "fast"\n')
    project = open_project("pair.toml")
    points = list(project.space.enumerate())
    built = [project.compiler.build(point).rtlil for point in points]
    distinct = len(set(built))
    assert 1 < distinct < len(points)
    ran = hdlgen("search", "pair.toml", "--strategy", "exhaustive", "--budget", str(len(points)), "--json")
    assert ran.status == 0
    document = json.loads(ran.out)
    assert document["folder"] == "runs/pair-1" and document["stop"] == "exhausted"
    assert (document["evaluated"], document["counts"]["ok"]) == (distinct, distinct)
    assert document["counts"]["repeated"] == len(points) - distinct
    found = {json.dumps(line["point"]): line for line in evaluations(Path("runs/pair-1"))}
    lines = [found[json.dumps(dict(point.values))] for point in points]
    for one, line in zip(built, lines, strict=True):
        first = lines[built.index(one)]
        assert (line["key"], line["score"]) == (first["key"], first["score"])
    assert len({line["key"] for line in lines}) == distinct
    # The next run has the next number, and the latest is what goes on.
    assert json.loads(hdlgen("search", "pair.toml", "--budget", "1", "--json").out)["folder"] == "runs/pair-2"
    assert (
        json.loads(hdlgen("search", "pair.toml", "--budget", "2", "--resume", "--json").out)["folder"] == "runs/pair-2"
    )


@pytest.mark.usefixtures("known_results")
def test_a_search_can_do_without_a_baseline(
    hdlgen: Hdlgen, dot: str, unbroken: Unbroken, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_measure: object) -> Iterator[sim.stock.StockPoint]:
        raise ToolError("stock: the plain design must pass its simulation (free, token 3)")

    monkeypatch.setattr("hdlgen.cli.searching.measure_stock", fail)
    ran = hdlgen(*SEARCH, "--json")
    assert ran.status == 0 and json.loads(ran.out)["stock"] == []
    assert ran.err.splitlines()[2] == (
        "no stock baseline: stock: the plain design must pass its simulation (free, token 3)"
    )
    assert_same(Path("run"), unbroken)


@pytest.mark.usefixtures("known_results")
def test_the_result_is_shown_to_people_too(hdlgen: Hdlgen, dot: str, unbroken: Unbroken) -> None:
    ran = hdlgen(*SEARCH)
    assert ran.status == 0
    assert re.search(rf"^{BUDGET} designs in \d+ s: {BUDGET} ok$", ran.out, re.MULTILINE)
    for text in ("designs  run/front", "report   run/report.html"):
        assert text in ran.out
    for design in unbroken.document["front"]:
        assert f"{design['score']['throughput_msps']:.1f}" in ran.out


def test_a_report_is_made_again_from_the_run_alone(hdlgen: Hdlgen, unbroken: Unbroken, folder: Path) -> None:
    shutil.copytree(unbroken.run, folder / "copy")
    (folder / "copy" / "report.html").unlink()
    ran = hdlgen("report", "copy")
    assert (ran.status, ran.out, ran.err) == (0, "copy/report.html\n", "")
    again, before = (path.joinpath("report.html").read_text() for path in (folder / "copy", unbroken.run))
    assert len(again) == pytest.approx(len(before), rel=0.01)
    ran = hdlgen("report", "none")
    assert (ran.status, ran.out) == (2, "")
    assert ran.err == "hdlgen: none: the run folder must hold a file run.json, and this one holds none\n"

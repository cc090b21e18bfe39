"""What a search shows while it runs: a display on a terminal, lines elsewhere."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from rich.console import Console

from hdlgen.cli.live import Live
from hdlgen.cli.project import Project, open_project
from hdlgen.cli.searching import Plan, plan
from hdlgen.evaluation import Evaluation, Score, Status
from search.explore import Progress
from search.store import Record
from sim.stock import StockPoint

SCORE = Score(
    area_um2=1234.5,
    flip_flop_area_um2=400.0,
    clock_mhz=250.0,
    period_ps=4000.0,
    throughput_msps=250.0,
    interval_cycles=1.0,
    latency_cycles=2,
    latency_ns=8.0,
    error_lsb=0.0,
    cells=100,
    flip_flops=44,
)


@pytest.fixture
def project(dot: str) -> Project:
    return open_project(dot)


@pytest.fixture
def settings(project: Project) -> Plan:
    return plan(project, workers=1, budget=7)


def progress(project: Project, index: int, *, joined: bool) -> Progress:
    point = project.space.at(index)
    evaluation = Evaluation(point=point, status=Status.OK, score=SCORE, feasible=True, key=f"{index:016x}")
    record = Record(index=index, batch=0, evaluation=evaluation, repeated=False, elapsed_s=1.0)
    return Progress(record=record, measured=index + 1, front_size=1, joined=joined, replayed=False)


def show(live: Live, project: Project) -> None:
    with live:
        live.stage("stock baseline")
        live.stock(StockPoint(flow="plain", recipe="fast", score=SCORE))
        live.notice("something [to] know")
        live.stage("search")
        live.progress(progress(project, 0, joined=True))
        live.progress(progress(project, 1, joined=False))
        live.stage("front designs")


def test_a_file_gets_a_line_for_each_change_of_the_front(project: Project, settings: Plan) -> None:
    text = io.StringIO()
    show(Live(project, settings, console=Console(file=text, width=20)), project)
    assert text.getvalue().splitlines() == [
        "stock baseline",
        "something [to] know",
        "search",
        "1 of 7: front of 1, new: 1,234 um2, 250.0 Msps, 4,000 ps",
        "front designs",
    ]


def test_a_terminal_gets_a_display_that_goes_away(project: Project, settings: Plan) -> None:
    text = io.StringIO()
    console = Console(file=text, width=100, force_terminal=True, legacy_windows=False)
    show(Live(project, settings, console=console), project)
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text.getvalue())
    assert "something [to] know" in plain and "front designs" in plain
    assert re.search(r"1\s+1\s234\s+250\s+250\s+8\b", plain)  # the front: area, throughput, clock, latency
    assert "new: 1,234 um2" not in plain
    assert "\x1b[1A\x1b[2K" in text.getvalue()  # the lines are taken back


def test_an_error_gives_the_terminal_back(project: Project, settings: Plan, folder: Path) -> None:
    text = io.StringIO()
    console = Console(file=text, width=100, force_terminal=True, legacy_windows=False)
    with pytest.raises(KeyboardInterrupt), Live(project, settings, console=console):
        raise KeyboardInterrupt
    assert "\x1b[?25h" in text.getvalue()  # the cursor is shown again

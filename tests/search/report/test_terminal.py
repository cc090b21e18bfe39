"""Tables for a terminal: what is told is shown, cut to any width, and nobody's text takes the terminal over."""

from __future__ import annotations

import json
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console, RenderableType

from search.missing import describe
from search.report.design import read_designs
from search.report.run import Run, read_run
from search.report.summary import missing
from search.report.terminal import SearchView, front_view
from search.store import Record
from tests.search.report.toy_run import write_run


def shown(view: RenderableType, width: int = 120) -> str:
    console = Console(file=StringIO(), width=width, force_terminal=False, color_system=None)
    console.print(view)
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return read_run(write_run(tmp_path_factory.mktemp("runs") / "dot8-1"))


def view_of(run: Run, count: int) -> SearchView:
    view = SearchView(
        name=run.name,
        technology=run.technology,
        strategy=run.strategy,
        seed=run.seed,
        budget=run.budget,
        objectives=run.objectives,
        stock=run.stock,
        space_size=run.space_size,
    )
    for line in (run.folder / "evaluations.jsonl").read_text().splitlines()[:count]:
        view.add(Record.from_dict(json.loads(line)))
    return view


def test_before_the_first_point_there_is_a_bar_and_no_table(run: Run) -> None:
    text = shown(view_of(run, 0).render(0.4))
    assert "dot8  sky130hd, evolution, seed 1" in text
    assert "0 of 40 points" in text
    assert "nothing measured yet" in text
    assert "area" not in text


def test_counts_and_times_are_those_of_the_run(run: Run) -> None:
    text = shown(view_of(run, 43).render(58.4))
    lines = [json.loads(line) for line in (run.folder / "evaluations.jsonl").read_text().splitlines()]
    measured = [line for line in lines if not line["repeated"]]
    for status in ("mismatch", "invalid", "timeout"):
        assert f"{sum(line['status'] == status for line in measured)} {status}" in text
    feasible = sum(line["feasible"] for line in measured)
    assert f"{feasible} ok" in text
    assert f"{sum(line['status'] == 'ok' for line in measured) - feasible} infeasible" in text
    assert "3 repeated" in text
    assert "40 of 40 points" in text
    assert "left" not in text
    half = view_of(run, 9).render(18.0)  # 9 points in 18 s, so 31 more in 62 s
    assert "9 of 40 points" in shown(half)
    assert "about 1\u202fmin 02\u202fs left" in shown(half)


def test_what_is_missing_is_said_as_soon_as_it_is_known(run: Run) -> None:
    assert "How much of the front is missing is unknown before 24 feasible designs." in shown(
        view_of(run, 20).render(9)
    )
    found = missing(run)
    assert found is not None and describe(found) in shown(view_of(run, 43).render(58.4))


def test_the_live_front_is_the_front_of_the_run(run: Run) -> None:
    text = shown(view_of(run, 43).render(58.4))
    designs = read_designs(run)
    assert f"{len(designs)} designs on the front" in text
    rows = [line.split() for line in text.splitlines() if "interval=" in line]
    assert len(rows) == 8
    assert [int(row[0]) for row in rows][::7] == [1, len(designs)], "the ends of the front are always listed"
    assert "Design 10 has 0.53 times the area of the smallest stock design with no less throughput." in text


def test_the_final_table_lists_front_and_stock(run: Run) -> None:
    text = shown(front_view(run))
    for design in read_designs(run):
        for name, value in design.trial.point:
            if name != "reduction":
                assert f"{name}={value}" in text
    lines = {tuple(line.split()[:2]): line.split() for line in text.splitlines() if line}
    tree = lines["booth_tree", "lean"]
    assert tree[2:4] == ["20", "357"]
    assert tree[-2:] == ["0.53", "2.53"]
    assert "Design 15 has 2.17 times the throughput of the fastest stock design with no more area." in text


@pytest.mark.parametrize("width", [40, 72, 200])
def test_figures_are_whole_at_any_width(run: Run, width: int) -> None:
    text = shown(front_view(run), width)
    assert max(map(len, text.splitlines())) <= width
    if width > 40:
        for design in read_designs(run):
            area = f"{round((design.trial.score or {})['area_um2']):,}".replace(",", "\u202f")
            assert area in text


def test_without_a_front_the_stock_is_shown(run: Run) -> None:
    nothing = replace(run, trials=tuple(replace(trial, feasible=False) for trial in run.trials))
    text = shown(front_view(nothing))
    assert text.startswith("No design is on the front.")
    assert "booth_tree" in text
    assert "times the" not in text


def test_foreign_text_is_neither_markup_nor_control(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "evil", hostile=True)
    header = json.loads((folder / "run.json").read_text())
    (folder / "run.json").write_text(json.dumps(header | {"name": "[red]dot8[/red]\x1b[2J", "strategy": "[/]\a"}))
    run = read_run(folder)
    text = shown(view_of(run, 20).render(1.0), 300) + shown(front_view(run), 300)
    assert "[red]dot8[/red]\N{REPLACEMENT CHARACTER}[2J" in text
    assert "[/]\N{REPLACEMENT CHARACTER}" in text
    assert "\x1b" not in text
    assert "\a" not in text
    assert "<script>alert('x')" in text

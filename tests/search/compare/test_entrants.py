"""Who takes part: names and files, and each mistake in them by its whole message."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from hdlgen.errors import InputError, ToolMissing
from hdlgen.evaluation import Objective
from hdlgen.space import Space
from search.compare.entrants import Entrant, read_entrants
from search.strategies import STRATEGIES, UniformSearch
from search.strategy import Strategy
from tests.search.toy import OBJECTIVES, TINY

MINE = """
from dataclasses import dataclass
from search.strategies import UniformSearch

@dataclass
class Setting:
    count: int = 3

class Mine(UniformSearch):
    setting = Setting()

class Half:
    def ask(self, count):
        return []

number = 3
"""
NAMES = ", ".join(STRATEGIES)


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    path = tmp_path / "mine.py"
    path.write_text(MINE)
    return path


def test_all_of_ours_take_part_where_none_is_named() -> None:
    ours = [entrant.name for entrant in read_entrants(None, [])]
    assert ours[0] == "uniform", "what the others are compared with"
    assert {"uniform", "exhaustive", "local", "evolution"} <= set(ours) <= set(STRATEGIES)
    assert read_entrants(["local"], []) == (Entrant(name="local"),)
    assert read_entrants(["uniform"], [])[0].factory() is UniformSearch


def test_a_strategy_out_of_a_file_comes_last_and_searches(mine: Path) -> None:
    found = read_entrants(["local"], [f"{mine}:Mine"])
    assert [entrant.name for entrant in found] == ["local", "Mine"]
    strategy = found[1].factory()(TINY, OBJECTIVES, seed=1)
    assert len(strategy.ask(8)) == 8


def test_a_strategy_whose_package_is_missing_takes_part_only_where_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def lacking(space: Space, objectives: Sequence[Objective], *, seed: int) -> Strategy:
        raise ToolMissing("strategy lacking needs the package nowhere: pip install nowhere")

    monkeypatch.setattr("search.compare.entrants.STRATEGIES", {"uniform": UniformSearch, "lacking": lacking})
    assert [entrant.name for entrant in read_entrants(None, [])] == ["uniform"]
    with pytest.raises(ToolMissing, match="strategy lacking needs the package nowhere: pip install nowhere"):
        read_entrants(["lacking"], [])


ERRORS: list[tuple[list[str], list[str], str]] = [
    (["locl"], [], f"--strategies must be of {NAMES}, not 'locl' (did you mean 'local'?)"),
    (["local", "local"], [], "strategies must have different names, not 'local' twice"),
    ([], [], "--strategies must name at least one strategy"),
    (["local"], ["mine.py"], "--strategy-file must read FILE.py:CLASS, not 'mine.py'"),
    (["local"], ["mine.py:Mi ne"], "--strategy-file must read FILE.py:CLASS, not 'mine.py:Mi ne'"),
    ([], ["{}/none.py:Mine"], "{}/none.py: the strategy's file must be readable (No such file or directory)"),
    (
        [],
        ["{}/mine.py:Mien"],
        "{}/mine.py: the file must define 'Mien', and it defines Setting, Mine, Half (did you mean 'Mine'?)",
    ),
    ([], ["{}/mine.py:Half"], "{}/mine.py: Half must be a class with ask and tell, and has no tell"),
    ([], ["{}/mine.py:number"], "{}/mine.py: number must be a class with ask and tell, and has no ask"),
]


@pytest.mark.parametrize(("names", "files", "message"), ERRORS)
def test_a_mistake_is_told_by_its_name(mine: Path, names: list[str], files: list[str], message: str) -> None:
    with pytest.raises(InputError) as caught:
        read_entrants(names, [text.format(mine.parent) for text in files])
    assert str(caught.value) == message.format(mine.parent)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("class Mine(:", "line 1: the strategy's file must be valid Python (invalid syntax)"),
        (
            "import hdlgen.nowhere",
            "the strategy's file must run, and raised ModuleNotFoundError: No module named 'hdlgen.nowhere'",
        ),
        ("raise SystemExit(3)", "the strategy's file must run, and raised SystemExit: 3"),
        ("1 / 0", "the strategy's file must run, and raised ZeroDivisionError: division by zero"),
        ("x = 1", "the file must define 'Mine', and it defines no class"),
    ],
)
def test_a_file_that_cannot_be_run_is_told_by_what_it_raised(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "bad.py"
    path.write_text(text)
    with pytest.raises(InputError) as caught:
        read_entrants([], [f"{path}:Mine"])
    assert str(caught.value) == f"{path}: {message}"

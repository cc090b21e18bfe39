"""Settings of a search, and runs that cannot begin: each refused in one line, before anything is measured."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from hdlgen.cli.project import open_project
from hdlgen.cli.searching import header, plan
from hdlgen.errors import SpecError
from search import durable
from search.store import RunStore
from search.strategies import STRATEGIES
from sim import tools
from tests.hdlgen.cli.command import Hdlgen
from tests.sim.specs import DOT

SEARCH = ("search", "dot4.toml", "--budget", "4", "--out", "run")


@pytest.fixture
def begun(dot: str) -> None:
    """Begin the run of `SEARCH`, and stop before anything is measured."""
    project = open_project(dot)
    RunStore.create(header(project, plan(project, workers=1, budget=4)), out=Path("run")).close()


NAMES = ", ".join(STRATEGIES)


def contents(run: Path) -> dict[str, bytes]:
    """Read all files of a run but for its lock."""
    return {path.name: path.read_bytes() for path in run.iterdir() if path.name != "lock"}


def test_options_beat_the_spec_and_the_spec_the_defaults(folder: Path) -> None:
    (folder / "dot4.toml").write_text(f'{DOT}[search]\nstrategy = "uniform"\nbudget = 7\nseed = 0\n')
    project = open_project("dot4.toml")
    settled = plan(project, workers=1, budget=9, strategy=None, seed=None, batch=None, patience=None)
    assert (settled.strategy, settled.budget, settled.seed, settled.patience) == ("uniform", 9, 0, None)
    assert settled.batch >= 1
    (folder / "dot4.toml").write_text(f'{DOT}[search]\nstrategy = "uniforn"\n')
    with pytest.raises(SpecError) as error:
        plan(open_project("dot4.toml"), workers=1)
    assert str(error.value) == (
        "dot4.toml: search.strategy must be one of " + NAMES + ", not 'uniforn' (did you mean 'uniform'?)"
    )


@pytest.mark.usefixtures("begun")
def test_two_searches_cannot_write_one_run(hdlgen: Hdlgen, folder: Path) -> None:
    before = contents(folder / "run")
    held = durable.lock(folder / "run")
    try:
        ran = hdlgen(*SEARCH, "--resume")
    finally:
        os.close(held)
    message = f"run: one search at a time must write a run, and process {os.getpid()} does"
    assert (ran.status, ran.out, ran.err) == (2, "", f"hdlgen: {message}\n")
    assert contents(folder / "run") == before


@pytest.mark.usefixtures("begun")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "run: a new run must have a folder without one; --resume goes on with the old"),
        (["--resume", "--seed", "2"], "run: seed must be 1 as when the run began, not 2"),
        (
            ["--resume", "--technology", "asap7"],
            "run: technology must be 'sky130hd' as when the run began, not 'asap7'",
        ),
        (["--resume", "--out", "other"], "other: the folder must hold a run to resume, and it has no run.json"),
        (["--out", "dot4.toml/run"], "dot4.toml/run: it must be writable, and is not: Not a directory"),
        (
            ["--strategy", "evolve"],
            "--strategy must be one of " + NAMES + ", not 'evolve' (did you mean 'evolution'?)",
        ),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_run_that_cannot_be_begun_is_refused(
    hdlgen: Hdlgen, folder: Path, arguments: list[str], message: str
) -> None:
    before = contents(folder / "run")
    ran = hdlgen(*SEARCH, *arguments)
    assert (ran.status, ran.out, ran.err) == (2, "", f"hdlgen: {message}\n")
    assert contents(folder / "run") == before


def test_there_must_be_a_run_to_go_on_with(hdlgen: Hdlgen, dot: str) -> None:
    ran = hdlgen("search", dot, "--resume")
    assert (ran.status, ran.err) == (2, "hdlgen: runs: a run dot4-N must be there to resume, and none is\n")


def test_a_read_only_disk_is_refused(hdlgen: Hdlgen, dot: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path, *_arguments: object, **_options: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(path))

    monkeypatch.setattr(Path, "mkdir", refuse)
    ran = hdlgen("search", dot)
    assert (ran.status, ran.err) == (2, "hdlgen: runs: it must be writable, and is not: Read-only file system\n")
    ran = hdlgen("search", dot, "--out", "there")
    assert (ran.status, ran.err) == (2, "hdlgen: there: it must be writable, and is not: Read-only file system\n")


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_a_folder_that_must_not_be_written_is_refused(hdlgen: Hdlgen, dot: str, folder: Path) -> None:
    (folder / "locked").mkdir(mode=0o555)
    ran = hdlgen("search", dot, "--out", "locked/run")
    assert (ran.status, ran.err) == (2, "hdlgen: locked/run: it must be writable, and is not: Permission denied\n")


def test_a_missing_tool_is_named_before_a_run_begins(
    hdlgen: Hdlgen, dot: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    find = tools.find
    monkeypatch.setattr(tools, "find", lambda program: None if program in ("iverilog", "g++") else find(program))
    for command in (SEARCH, ("measure", dot)):
        ran = hdlgen(*command)
        assert (ran.status, ran.out) == (3, "")
        assert ran.err == (
            "hdlgen: simulator: Icarus or Verilator must be installed; missing for Verilator:"
            " g++: apt-get install g++\n"
        )
    assert [path.name for path in folder.iterdir()] == ["dot4.toml"]


def test_the_results_must_be_writable(hdlgen: Hdlgen, dot: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder / "dot4.toml"))
    ran = hdlgen("measure", dot)
    place = folder / "dot4.toml" / "hdlgen" / "results"
    assert (ran.status, ran.out) == (2, "")
    assert ran.err == f"hdlgen: {place}: the cache must be writable (Not a directory)\n"


def test_the_folder_of_a_design_must_be_writable(hdlgen: Hdlgen, dot: str) -> None:
    ran = hdlgen("measure", dot, "--out", "dot4.toml/design")
    assert (ran.status, ran.out) == (2, "")
    assert ran.err == "hdlgen: dot4.toml/design: the folder of a design must be writable (Not a directory)\n"

"""Commands run in this process, each test in a folder of its own, all with one folder of results."""

from __future__ import annotations

from pathlib import Path

import pytest

from hdlgen.cli.main import main
from tests.hdlgen.cli.command import Hdlgen, Ran
from tests.sim.specs import DOT


@pytest.fixture(scope="session")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder of results that the tests share."""
    return tmp_path_factory.mktemp("results")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, results: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Go to an empty folder; shared results, a wide terminal without colours."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(results))
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    return tmp_path


@pytest.fixture
def hdlgen(capsys: pytest.CaptureFixture[str]) -> Hdlgen:
    """Give what runs a command: `hdlgen("check", "dot8")`."""

    def run(*arguments: str) -> Ran:
        capsys.readouterr()
        status = main(list(arguments))
        out, err = capsys.readouterr()
        return Ran(status=status, out=out, err=err)

    return run


@pytest.fixture
def dot(folder: Path) -> str:
    """Write the spec of a small dot product and give its name."""
    (folder / "dot4.toml").write_text(DOT)
    return "dot4.toml"

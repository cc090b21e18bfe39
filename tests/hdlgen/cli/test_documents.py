"""The commands in the documents: understood, and run here unless they take minutes or the reader's own files."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
import typer
from typer.core import TyperGroup

from hdlgen.cli.main import app
from tests.hdlgen.cli.command import Hdlgen
from tests.sim.fpga.tools import needs

ROOT = Path(__file__).parents[3]
DOCUMENTS = (
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / "designs").rglob("README.md")),
)
TUTORIAL = ROOT / "docs" / "tutorial.md"


RUN = (
    "check fir8",
    "measure fir8 --point interval=4",
    "verilog fir8 --point stages=2 -o fir8.v",
    "simulate fir8 --verilog fir8.v",
    "tinytapeout popcount64",
    "prove dot8 --point interval=4,fold=4",
    "faults dot8",
    "compare fir8 --replay --strategies uniform,local,evolution --seeds 30",
)
"""Run one after the other, as they stand."""
WITH_AN_FPGA = ("bitstream dot8 --point stages=6 --board icebreaker",)
WITH_OSU = tuple(
    f"{command} dot8 --technology /usr/share/qflow/tech/osu018/osu018_stdcells.lib" for command in ("check", "measure")
)
LONG = {
    "search fir8 --budget 24",
    "report runs/fir8-1",
    "compare --replay",
    "nodes matrix_engine --throughput 1000000",
    "nodes matrix_engine --throughput 1000000 --cap 50000",
    "nodes matrix_engine --throughput 1000000 --cap 50000 --resume",
    "search dot8 --technology ice40-up5k",
    "search dot8 --prove",
    "learn designs/rv32i/oracle.py:step --golden designs/rv32i/golden.v --seeds 5",
    "learn designs/rv32i/oracle.py:step --golden designs/rv32i/golden.v --seed 1 --seeds 1 -o runs/rv32i",
    "tinytapeout popcount64 --author Your name --out my-chip",
}
"""They take minutes, or follow one that does; smaller ones of their kind run in other tests."""
OWN = re.compile(
    r"(?:my|narrow|NAME)\.toml|(?:examples|table)\.csv|(?:my|mine|adder)\.py|core\.so|emulator|train\.npz|to/cells\.lib"
)
"""Files that the reader has."""


def commands(text: str) -> list[list[str]]:
    """List the commands of a document, without the remarks beside them."""
    return [shlex.split(line, comments=True)[1:] for line in re.findall(r"^    (hdlgen .*)$", text, re.MULTILINE)]


WRITTEN = [
    pytest.param(command, id=f"{path.relative_to(ROOT)}: {' '.join(command)}"[:120])
    for path in DOCUMENTS
    for command in commands(path.read_text(encoding="utf-8"))
]


def parse(arguments: list[str]) -> None:
    """Read a command line as the program does, without doing what it says.

    Raises: typer.TyperException for a command, an option or a value that there is not.
    """
    group = typer.main.get_command(app)
    assert isinstance(group, TyperGroup)
    with group.make_context("hdlgen", list(arguments)) as context:
        name, command, rest = group.resolve_command(context, [*context._protected_args, *context.args])
        assert command is not None
        command.make_context(name, rest, parent=context).close()


@pytest.mark.parametrize("command", WRITTEN)
def test_every_command_in_the_documents_is_understood(command: list[str]) -> None:
    parse(command)


def test_a_command_that_there_is_not_is_seen() -> None:
    assert len(WRITTEN) > 40
    for wrong in (["measure", "dot8", "--pint", "stages=1"], ["sim", "dot8"], ["search", "dot8", "--budget", "many"]):
        with pytest.raises(typer.TyperException):
            parse(wrong)


def steps(text: str) -> Iterator[tuple[list[str], list[str]]]:
    """Go through a document's commands, each with the lines that it says are printed."""
    parts = re.split(r"^    hdlgen (.*)$", text, flags=re.MULTILINE)
    for command, after in zip(parts[1::2], parts[2::2], strict=True):
        shown = re.match(r"\s*```text\n(.*?)```", after, re.DOTALL)
        yield shlex.split(command, comments=True), shown[1].splitlines() if shown else []


@needs("ice40")
def test_the_tutorial_does_what_it_says(hdlgen: Hdlgen, folder: Path) -> None:
    pytest.importorskip("amaranth_boards", reason="amaranth-boards is not installed; pip install 'hdlgen[fpga]'")
    text = TUTORIAL.read_text(encoding="utf-8")
    spec = re.search(r"```toml\n(.*?)```", text, re.DOTALL)
    assert spec is not None
    (folder / "smooth.toml").write_text(spec[1], encoding="utf-8")
    for command, shown in steps(text):
        ran = hdlgen(*command)
        assert ran.status == 0, f"{command}: {ran.err}"
        for line in shown:
            assert line in ran.out, f"{command} must print {line!r}:\n{ran.out}"
    assert (folder / "runs" / "smooth-1" / "report.html").is_file()
    assert {"design.bin", "host.py"} <= {path.name for path in (folder / "board").iterdir()}
    refused = (folder / "smooth.toml").read_text().replace("rounding", "round")
    (folder / "wrong.toml").write_text(refused)
    ran = hdlgen("check", "wrong.toml")
    assert ran.status == 2 and ran.err.count("\n") == 1 and "rounding" in ran.err


def outside_the_tutorial() -> set[str]:
    """List the commands of all other documents, each once."""
    return {
        " ".join(command)
        for path in DOCUMENTS
        if path != TUTORIAL
        for command in commands(path.read_text(encoding="utf-8"))
    }


def test_every_command_is_run_or_there_is_a_reason() -> None:
    known = {*RUN, *WITH_AN_FPGA, *WITH_OSU, *LONG}
    assert {command for command in outside_the_tutorial() if not OWN.search(command)} == known


def run_all(hdlgen: Hdlgen, texts: Iterable[str]) -> None:
    for text in texts:
        ran = hdlgen(*shlex.split(text))
        assert ran.status == 0, f"{text}: {ran.err}"


def test_the_commands_on_shipped_designs_run(hdlgen: Hdlgen) -> None:
    run_all(hdlgen, RUN)


@needs("ice40")
def test_the_bitstream_of_the_readme_is_made(hdlgen: Hdlgen) -> None:
    pytest.importorskip("amaranth_boards", reason="amaranth-boards is not installed; pip install 'hdlgen[fpga]'")
    run_all(hdlgen, WITH_AN_FPGA)


@pytest.mark.skipif(
    not Path(shlex.split(WITH_OSU[0])[-1]).is_file(),
    reason="osu018 is not installed; apt-get install qflow-tech-osu018",
)
def test_the_commands_on_osu018_run(hdlgen: Hdlgen) -> None:
    run_all(hdlgen, WITH_OSU)

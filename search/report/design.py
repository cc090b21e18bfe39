"""The design folders of a front: files, datapath, test results and the command that makes the design again."""

from __future__ import annotations

import shlex
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree as ET

from hdlgen.errors import StoreError
from hdlgen.space import Point
from search.report.fields import Fields, read_object
from search.report.run import Run, Trial
from search.report.summary import front

__all__ = ["Datapath", "Design", "Register", "Tests", "Unit", "read_datapath", "read_designs"]

FILES: Mapping[str, str] = {
    "design.v": "Verilog",
    "netlist.v": "mapped netlist",
    "point.toml": "point",
    "results.xml": "test results",
    "README.md": "notes",
}
"""What a design folder holds, by file, in the order of the links."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """One operator of a datapath, busy from `cycle` to `last_cycle`.

    Args:
        pipeline_bits: registers inside it.
        area_um2: None where nobody knows it.
    """

    name: str
    kind: str
    width: int
    operations: int
    cycle: int
    last_cycle: int
    detail: str
    pipeline_bits: int
    area_um2: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """A register that holds its value from `cycle` on."""

    name: str
    width: int
    cycle: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Datapath:
    """The structure of a design; ports are pairs of name and width, edges go from name to name with a width."""

    interval_cycles: int
    latency_cycles: int
    units: tuple[Unit, ...]
    registers: tuple[Register, ...]
    edges: tuple[tuple[str, str, int], ...]
    inputs: tuple[tuple[str, int], ...]
    outputs: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tests:
    """The test cases of a JUnit file: name, outcome ("passed", "failed", "skipped"), and time as the file has it."""

    cases: tuple[tuple[str, str, str], ...]

    def count(self, outcome: str) -> int:
        """Count the cases of one outcome."""
        return sum(case[1] == outcome for case in self.cases)


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """A trial on the front with what its folder holds; without a folder all of that is empty.

    Args:
        number: place on the front, from 1.
        folder: relative to the run folder, "front/01-0a1b2c3d"; empty where there is none.
        links: label and relative address of each file that is there.
        areas: measured area in um^2 by kind of part, where the folder has it.
        path: the critical path's steps as given, one mapping of columns a step.
    """

    number: int
    trial: Trial
    folder: str
    links: tuple[tuple[str, str], ...]
    datapath: Datapath | None
    tests: Tests | None
    areas: tuple[tuple[str, float], ...]
    path: tuple[Mapping[str, Any], ...]
    command: str


def _ports(fields: Fields, key: str) -> tuple[tuple[str, int], ...]:
    return tuple((port.text("name"), port.whole("width")) for port in fields.objects(key))


def _edge(fields: Fields, index: int, value: Any) -> tuple[str, str, int]:
    match value:
        case [str(source), str(target), int(width)]:
            return source, target, width
    raise fields.refuse(f"edges[{index}]", "[from, to, width]", value)


def _unit(fields: Fields) -> Unit:
    cycle = fields.whole("cycle")
    return Unit(
        name=fields.text("name"),
        kind=fields.text("kind"),
        width=fields.whole("width", 0),
        operations=fields.whole("operations", 1),
        cycle=cycle,
        last_cycle=max(fields.whole("last_cycle", cycle), cycle),
        detail=fields.text("detail", ""),
        pipeline_bits=fields.whole("pipeline_bits", 0),
        area_um2=None if fields.values.get("area_um2") is None else fields.number("area_um2"),
    )


def read_datapath(path: Path) -> Datapath:
    """Read the structure of a design.

    Raises: StoreError for a file that holds anything else.
    """
    fields = read_object(path)
    return Datapath(
        interval_cycles=fields.whole("interval_cycles", 1),
        latency_cycles=fields.whole("latency_cycles", 0),
        units=tuple(_unit(unit) for unit in fields.objects("units")),
        registers=tuple(
            Register(name=item.text("name"), width=item.whole("width", 0), cycle=item.whole("cycle"))
            for item in fields.objects("registers")
        ),
        edges=tuple(_edge(fields, index, value) for index, value in enumerate(fields.items("edges"))),
        inputs=_ports(fields, "inputs"),
        outputs=_ports(fields, "outputs"),
    )


def _tests(path: Path) -> Tests:
    """Read a JUnit file; simulated time goes before real time, which differs from run to run."""
    try:
        root = ET.parse(path).getroot()
    except (ET.ParseError, OSError, ValueError) as error:
        raise StoreError(f"{path}: the file must be JUnit XML, not {str(error)!r}") from error
    cases = []
    for case in root.iter("testcase"):
        tags = {child.tag for child in case}
        outcome = "failed" if tags & {"failure", "error"} else "skipped" if "skipped" in tags else "passed"
        simulated = case.get("sim_time_ns")
        time = f"{simulated} ns simulated" if simulated else f"{case.get('time')} s" if case.get("time") else ""
        cases.append((case.get("name", ""), outcome, time))
    return Tests(cases=tuple(cases))


def _point_of(folder: Path) -> dict[str, Any]:
    """Read which point a design folder holds; an empty one where the folder does not say."""
    try:
        values = tomllib.loads((folder / "point.toml").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise StoreError(f"{folder / 'point.toml'}: the file must be valid TOML, not {str(error)!r}") from error
    for table in ("point", "knobs"):
        if isinstance(values.get(table), dict):
            return dict(values[table])
    return values


def _same(point: Mapping[str, Any], trial: Trial) -> bool:
    return bool(trial.point) and all(name in point and point[name] == value for name, value in trial.point)


def _command(run: Run, trial: Trial, records: Sequence[Mapping[str, Any]]) -> str:
    """Take the command that the result gives for a point, or compose it."""
    for record in records:
        if record.get("point") == dict(trial.point) and isinstance(record.get("command"), str):
            return str(record["command"])
    point = Point(values=trial.point).text()
    return shlex.join(["hdlgen", "measure", run.name, "--point", point, "--technology", run.technology])


def read_designs(run: Run) -> tuple[Design, ...]:
    """Read the designs on a run's front with their folders, which are recognised by the points that they hold.

    Returns: in the order of the folders' names; where some have none, smallest area first.
    Raises: StoreError for a folder with a broken file.
    """
    root = run.folder / "front"
    folders = sorted(path for path in root.iterdir() if path.is_dir()) if root.is_dir() else []
    points = [(folder, _point_of(folder)) for folder in folders]
    pairs = [
        (trial, next((folder for folder, point in points if _same(point, trial)), None))
        for trial in front(run.trials, run.objectives)
    ]
    if all(folder for _, folder in pairs):
        pairs.sort(key=lambda pair: str(pair[1]))
    listed = run.result.get("front")
    records = [record for record in listed if isinstance(record, dict)] if isinstance(listed, list) else []
    return tuple(
        _design(run.folder, number, trial, folder, _command(run, trial, records))
        for number, (trial, folder) in enumerate(pairs, start=1)
    )


def _design(run_folder: Path, number: int, trial: Trial, folder: Path | None, command: str) -> Design:
    if folder is None:
        return Design(
            number=number,
            trial=trial,
            folder="",
            links=(),
            datapath=None,
            tests=None,
            areas=(),
            path=(),
            command=command,
        )
    relative = folder.relative_to(run_folder).as_posix()
    timing, areas = folder / "timing.json", folder / "areas.json"
    return Design(
        number=number,
        trial=trial,
        folder=relative,
        links=tuple((label, quote(f"{relative}/{file}")) for file, label in FILES.items() if (folder / file).is_file()),
        datapath=read_datapath(folder / "datapath.json") if (folder / "datapath.json").is_file() else None,
        tests=_tests(folder / "results.xml") if (folder / "results.xml").is_file() else None,
        areas=tuple(read_object(areas).figures().items()) if areas.is_file() else (),
        path=tuple(step.values for step in read_object(timing).objects("path")) if timing.is_file() else (),
        command=command,
    )

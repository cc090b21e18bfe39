"""The design folders of a front: files, datapath, test results and the command that makes the design again."""

from __future__ import annotations

import math
import shlex
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree as ET

from hdlgen.errors import StoreError
from hdlgen.space import Point
from search.report.checks import Checks, read_checks
from search.report.fields import read_object
from search.report.run import Run, Trial
from search.report.structure import Datapath, read_datapath
from search.report.summary import front

__all__ = ["Design", "Tests", "read_designs"]

FILES: Mapping[str, str] = {
    "design.v": "Verilog",
    "netlist.v": "mapped netlist",
    "point.toml": "point",
    "results.xml": "test results",
    "checks.json": "checks",
    "README.md": "notes",
}
"""What a design folder holds, by file, in the order of the links."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tests:
    """The test cases of a JUnit file.

    Args:
        cases: name, outcome ("passed", "failed", "skipped"), and time as the file has it.
        figures: names and values that the test recorded.
    """

    cases: tuple[tuple[str, str, str], ...]
    figures: tuple[tuple[str, str], ...]

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
        path: the critical path, step by step: where, and the arrival there in ps.
        checks: what was checked besides, where the folder says it.
    """

    number: int
    trial: Trial
    folder: str
    links: tuple[tuple[str, str], ...]
    datapath: Datapath | None
    tests: Tests | None
    areas: tuple[tuple[str, float], ...]
    path: tuple[tuple[str, float], ...]
    command: str
    checks: Checks | None = None


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
    figures = ((item.get("name", ""), item.get("value", "")) for item in root.iter("property"))
    return Tests(cases=tuple(cases), figures=tuple(figures))


def _path(path: Path) -> tuple[tuple[str, float], ...]:
    """Read a critical path: each line says where, and ends with the arrival, "310 ps"."""
    steps = []
    for number, line in enumerate(_text(path).splitlines(), start=1):
        match line.split():
            case [*where, arrival, "ps"] if _number(arrival) is not None:
                steps.append((" ".join(where), float(arrival)))
            case []:
                continue
            case _:
                raise StoreError(f"{path}: line {number}: the step must end with an arrival in ps, not {line[-40:]!r}")
    return tuple(steps)


def _number(written: str) -> float | None:
    try:
        value = float(written)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise StoreError(f"{path}: the file must be readable UTF-8 text, not {str(error)!r}") from error


def _point_of(folder: Path) -> tuple[dict[str, Any], str]:
    """Read which point a design folder holds, and the command in the comment above it; empty where it does not say."""
    path = folder / "point.toml"
    if not path.is_file():
        return {}, ""
    text = _text(path)
    try:
        values = tomllib.loads(text)
    except ValueError as error:
        raise StoreError(f"{path}: the file must be valid TOML, not {str(error)!r}") from error
    head = text.split("\n", 1)[0]
    command = head.removeprefix("#").strip() if head.startswith("# hdlgen ") else ""
    return (dict(values["point"]) if isinstance(values.get("point"), dict) else values), command


def _same(point: Mapping[str, Any], trial: Trial) -> bool:
    return bool(trial.point) and all(name in point and point[name] == value for name, value in trial.point)


def _composed(run: Run, trial: Trial) -> str:
    """Compose the command that measures a point again."""
    point = Point(values=trial.point).text()
    return shlex.join(["hdlgen", "measure", run.source, "--point", point, "--technology", run.technology])


def read_designs(run: Run) -> tuple[Design, ...]:
    """Read the designs on a run's front with their folders, which are recognised by the points that they hold.

    Returns: in the order of the folders' names; where some have none, smallest area first.
    Raises: StoreError for a folder with a broken file.
    """
    root = run.folder / "front"
    folders = sorted(path for path in root.iterdir() if path.is_dir()) if root.is_dir() else []
    listed = run.result.get("front")
    records = [item for item in listed if isinstance(item, dict)] if isinstance(listed, list) else []
    current = {Path(str(item.get("folder"))).name for item in records}  # a resumed run may have left others
    folders.sort(key=lambda path: path.name not in current)
    points = [(folder, *_point_of(folder)) for folder in folders]
    found = []
    for trial in front(run.trials, run.objectives):
        own = [(folder, command) for folder, point, command in points if _same(point, trial)]
        found.append((trial, *(own[0] if own else (None, ""))))
    if all(folder for _, folder, _ in found):
        found.sort(key=lambda item: str(item[1]))
    return tuple(
        _design(run, number, trial, folder, command or _composed(run, trial))
        for number, (trial, folder, command) in enumerate(found, start=1)
    )


def _design(run: Run, number: int, trial: Trial, folder: Path | None, command: str) -> Design:
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
    relative = folder.relative_to(run.folder).as_posix()
    there = {path.name for path in folder.iterdir() if path.is_file()}
    return Design(
        number=number,
        trial=trial,
        folder=relative,
        links=tuple((label, quote(f"{relative}/{file}")) for file, label in FILES.items() if file in there),
        datapath=read_datapath(folder / "datapath.json") if "datapath.json" in there else None,
        tests=_tests(folder / "results.xml") if "results.xml" in there else None,
        areas=tuple(read_object(folder / "areas.json").figures().items()) if "areas.json" in there else (),
        path=_path(folder / "critical_path.txt") if "critical_path.txt" in there else (),
        command=command,
        checks=read_checks(folder / "checks.json") if "checks.json" in there else None,
    )

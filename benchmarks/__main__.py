"""`python -m benchmarks`: list the benchmarks, or run one, print its figures and keep its result."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks import BENCHMARKS
from benchmarks.benchmark import Benchmark, run
from benchmarks.page import keep, read_results, table
from hdlgen.errors import HdlgenError, InputError, nearest

__all__ = ["main"]

FOLDER = Path(__file__).resolve().parent
INTERRUPTED = 130


def main(
    arguments: Sequence[str] | None = None,
    *,
    benchmarks: Mapping[str, Benchmark] = BENCHMARKS,
    folder: Path = FOLDER,
) -> int:
    """Run the command and give its exit status: 0 done, 1 a goal is missed, 2 bad usage, 3 a tool is missing.

    Args:
        folder: where results are kept.
    """
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="List the benchmarks, or run one.")
    parser.add_argument("name", nargs="?", help="the benchmark to run; without one, they are listed")
    parser.add_argument("--json", action="store_true", help="print one JSON document and nothing else")
    parser.add_argument("--only", metavar="PARTS", help="some parts of it, with commas between: shown and not kept")
    given = parser.parse_args(arguments)
    try:
        if given.name is None:
            _list(benchmarks, folder, as_json=given.json)
            return 0
        if given.only is not None:
            return _run_parts(given.name, given.only, benchmarks)
        return _run(given.name, benchmarks, folder, as_json=given.json)
    except HdlgenError as error:
        _say(str(error))
        return error.exit_status
    except KeyboardInterrupt:
        _say("interrupted; nothing is kept of it")
        return INTERRUPTED


def _list(benchmarks: Mapping[str, Benchmark], folder: Path, *, as_json: bool) -> None:
    kept = read_results(folder)
    if as_json:
        listed = [{"name": name, "summary": benchmark.summary} for name, benchmark in benchmarks.items()]
        print(json.dumps(listed, indent=2))
        return
    width = max(map(len, benchmarks), default=0)
    for name, benchmark in benchmarks.items():
        state = "not run yet" if name not in kept else "met" if kept[name]["met"] else "MISSED"
        print(f"{name:<{width}}  {benchmark.summary} [{state}]")


def _run_parts(name: str, only: str, benchmarks: Mapping[str, Benchmark]) -> int:
    """Measure some parts of a benchmark and print what is found; goals are for the whole."""
    benchmark = _chosen(name, benchmarks)
    if benchmark.measure_parts is None:
        raise InputError(f"--only: the benchmark must have parts, and {name} has none")
    parts = [part.strip() for part in only.split(",")]
    for part in parts:
        if part not in benchmark.parts:
            names = ", ".join(benchmark.parts)
            raise InputError(f"--only: a part must be one of {names}, not {part!r}{nearest(part, benchmark.parts)}")
    began = time.monotonic()
    measured = benchmark.measure_parts(lambda text: _say(f"{time.monotonic() - began:5.0f} s  {text}"), parts)
    for shown in measured.tables:
        print(shown.title)
        _print([shown.columns, *shown.rows])
    _print([(figure, f"{value:.3f}") for figure, value in measured.figures.items()])
    return 0


def _chosen(name: str, benchmarks: Mapping[str, Benchmark]) -> Benchmark:
    if name not in benchmarks:
        names = ", ".join(benchmarks)
        raise InputError(f"name: the benchmark must be one of {names}, not {name!r}{nearest(name, benchmarks)}")
    return benchmarks[name]


def _run(name: str, benchmarks: Mapping[str, Benchmark], folder: Path, *, as_json: bool) -> int:
    benchmark = _chosen(name, benchmarks)
    began = time.monotonic()
    document = run(benchmark, lambda text: _say(f"{time.monotonic() - began:5.0f} s  {text}"))
    path = keep(document, benchmarks, folder=folder)
    if as_json:
        print(json.dumps(document, indent=2))
    else:
        _print(table(document, benchmark))
        print(f"{name}: {'met' if document['met'] else 'MISSED'}; kept in {path}")
    return 0 if document["met"] else 1


def _print(rows: Sequence[Sequence[str]]) -> None:
    """Print rows of equal length in columns, the second one flush right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = [
            f"{text:>{width}}" if at == 1 else f"{text:<{width}}"
            for at, (text, width) in enumerate(zip(row, widths, strict=True))
        ]
        print("  ".join(cells).rstrip())


def _say(text: str) -> None:
    print(f"benchmarks: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())

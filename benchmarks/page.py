"""The page of results: benchmarks/README.md, made from the kept documents alone."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.benchmark import Benchmark
from hdlgen.errors import StoreError

__all__ = ["keep", "page", "read_results", "table"]

_HEAD = """\
# Benchmarks

Made from `results/` by `python -m benchmarks NAME`, which runs one benchmark and writes its figures here;
`python -m benchmarks` lists them. Where there is a peer, figures are ratios against it, measured in the same run;
seconds are those of the machine that is named. A goal that is missed stands here as missed.
"""


def keep(document: Mapping[str, Any], benchmarks: Mapping[str, Benchmark], *, folder: Path) -> Path:
    """Write a result, and make the page anew from all that are there.

    Args:
        folder: that of the benchmarks; `results/NAME.json` and `README.md` are written below it.
    Returns: the file of the result.
    Raises: StoreError.
    """
    path = folder / "results" / f"{document['name']}.json"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
        text = page(read_results(folder), benchmarks)
        (folder / "README.md").write_text(text, encoding="utf-8")
    except OSError as error:
        raise StoreError(f"{error.filename or path}: the result must be writable ({error.strerror})") from None
    return path


def read_results(folder: Path) -> dict[str, dict[str, Any]]:
    """Read the kept results by name.

    Raises: StoreError for a file that is no result.
    """
    found = {}
    for path in sorted((folder / "results").glob("*.json")):
        try:
            document = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise StoreError(f"{path}: the result must be readable JSON ({error})") from None
        if not isinstance(document, dict) or document.get("name") != path.stem:
            raise StoreError(f"{path}: name must be that of the file, {path.stem!r}")
        found[path.stem] = document
    return found


def page(documents: Mapping[str, Mapping[str, Any]], benchmarks: Mapping[str, Benchmark]) -> str:
    """Lay the results out as Markdown, in the order of the benchmarks."""
    parts = [_HEAD]
    for name, benchmark in benchmarks.items():
        document = documents.get(name)
        body = "Not run yet.\n" if document is None else _result(document, benchmark)
        parts.append(f"## {name}\n\n{benchmark.summary}\n\n{body}\n{benchmark.method.strip()}\n")
    return "\n".join(parts)


def table(document: Mapping[str, Any], benchmark: Benchmark) -> list[tuple[str, str, str, str]]:
    """List figure, value, goal and verdict, a row a figure; those with a goal first."""
    rows = []
    figures = document["figures"]
    for name in sorted(figures, key=lambda figure: benchmark.goal(figure) is None):
        goal, value = benchmark.goal(name), figures[name]
        wanted = "" if goal is None else f"{goal.direction} {goal.bound:,g}"
        rows.append((name, _number(value), wanted, "" if goal is None else goal.verdict(value)))
    return rows


def _result(document: Mapping[str, Any], benchmark: Benchmark) -> str:
    lines = ["| figure | value | goal | |", "| --- | ---: | --- | --- |"]
    for name, value, wanted, verdict in table(document, benchmark):
        lines.append(f"| {name} | {value} | {wanted} | {verdict} |")
    for shown in document.get("tables", []):
        lines += ["", f"### {shown['title']}", "", _line(shown["columns"])]
        lines.append(_line(["---"] + ["---:"] * (len(shown["columns"]) - 1)))
        lines += [_line(row) for row in shown["rows"]]
    versions = ", ".join(f"{name} {version}" for name, version in document["versions"].items())
    host = document["machine"]
    busy = f"load before it began {host['load_before']:g}"
    lines += [
        "",
        f"`{document['command']}`, {document['date'].partition('T')[0]}, took {document['wall_s']:,.0f} s.",
        f"{host['processor']}, {host['cores']} cores, {host['memory_gb']:g} GB, {host['system']}; {busy}.",
        f"Versions: {versions}.",
        "",
    ]
    return "\n".join(lines)


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}" if abs(value) >= 100 else f"{value:.3f}"

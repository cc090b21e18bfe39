"""The data of a run but for what the clock says: equal bytes for equal searches, wherever and whenever they ran."""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

from search.report import write_report

__all__ = ["run_data"]

_CLOCK = frozenset({"elapsed_s", "runtime_s", "wall_s", "search_s", "decision_s", "seconds"})
_SETTINGS = frozenset({"workers"})
"""What a run's header says and what must change nothing."""


def run_data(run: Path) -> dict[str, bytes]:
    """Give each file of a run that has ended, by its path within: times set to 0, and the report made anew of that.

    Where the folder stands is left out, too; the files of designs, Verilog and netlists, are given as they are.
    """
    with tempfile.TemporaryDirectory(prefix="hdlgen-run-") as name:
        copy = Path(name) / "run"
        shutil.copytree(run, copy)
        place = json.loads((copy / "result.json").read_text())["folder"]
        for file in ("run.json", "result.json"):
            document = _timeless(json.loads((copy / file).read_text()), place)
            (copy / file).write_text(json.dumps(document, indent=2) + "\n")
        for file in ("evaluations.jsonl", "stock.jsonl"):
            lines = (copy / file).read_text().splitlines()
            (copy / file).write_text("".join(json.dumps(_timeless(json.loads(line), place)) + "\n" for line in lines))
        (copy / "report.html").unlink()
        write_report(copy)
        (copy / "lock").unlink(missing_ok=True)
        return {str(path.relative_to(copy)): path.read_bytes() for path in sorted(copy.rglob("*")) if path.is_file()}


def _timeless(value: Any, place: str) -> Any:
    """Set clock times and settings to 0 in a document, and cut the run's folder off the paths."""
    if isinstance(value, dict):
        without = _CLOCK | _SETTINGS
        return {key: 0 if key in without else _timeless(inner, place) for key, inner in value.items()}
    if isinstance(value, list):
        return [_timeless(inner, place) for inner in value]
    if isinstance(value, str) and Path(value).is_relative_to(place):
        return str(Path(value).relative_to(place))
    return value

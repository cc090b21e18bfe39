"""Tabulations: a whole design space with every score in one compact file, which also says how it was made."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass
from pathlib import Path
from typing import Any

from hdlgen.errors import HdlgenError, InputError
from hdlgen.evaluation import AREAS, METRICS, Constraint, Direction, Evaluation, Objective, Score, Status
from hdlgen.limits import MAX_TABLE_FILE_BYTES
from hdlgen.space import Choice, Knob, Point, Space
from search.durable import MALFORMED, write_bytes
from search.replay import Table

__all__ = ["ENDING", "FORMAT", "Tabulation", "read_tabulation", "write_tabulation"]

FORMAT = 1
"""The version of the file; one of another version is refused."""
ENDING = ".json.gz"

HEADER_KEYS = ("name", "spec", "spec_digest", "technology", "objectives", "constraints", "knobs", "versions", "command")
"""What a table says of its making; more is welcome."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tabulation:
    """A space scored as a whole.

    Args:
        header: at least `HEADER_KEYS`, plain JSON types: name, text and digest of the spec, technology, objectives and
            constraints, knobs with their choices, versions and command of the measuring.
        evaluations: one of each point, in the order of the space.
    """

    header: Mapping[str, Any]
    evaluations: tuple[Evaluation, ...]

    def __post_init__(self) -> None:
        missing = [key for key in HEADER_KEYS if key not in self.header]
        if missing:
            raise ValueError(f"Tabulation: header must hold {missing[0]!r}")

    @property
    def objectives(self) -> tuple[Objective, ...]:
        """What the spec wants to be small or large."""
        return tuple(
            Objective(metric=one["metric"], direction=Direction(one["direction"])) for one in self.header["objectives"]
        )

    def table(self, name: str) -> Table:
        """Make the table that a replay looks points up in; its space is exactly the tabulated points.

        Raises: InputError where no point is feasible.
        """
        knobs = tuple(Knob(name=knob, choices=tuple(choices)) for knob, choices in self.header["knobs"].items())
        space = Space(knobs=knobs, listed=tuple(evaluation.point for evaluation in self.evaluations))
        return Table(name=name, space=space, objectives=self.objectives, evaluations=self.evaluations)


def write_tabulation(path: Path, tabulation: Tabulation) -> None:
    """Write a table column by column, whole or not at all; equal tables make equal files.

    The runtime of hardware that several points share stands once, at the first of them.

    Raises: StoreError where the system refuses.
    """
    evaluations = tabulation.evaluations
    groups = {key: number for number, key in enumerate(dict.fromkeys(e.key for e in evaluations))}
    messages = {str(at): e.message for at, e in enumerate(evaluations) if e.message}
    document = {
        "format": FORMAT,
        **tabulation.header,
        "points": {
            name: [knob.position(e.point[name]) for e in evaluations]
            for name, knob in ((name, _knob(name, choices)) for name, choices in tabulation.header["knobs"].items())
        },
        "statuses": [e.status.value for e in evaluations],
        "scores": {
            name: [None if e.score is None else getattr(e.score, name) for e in evaluations]
            for name in Score.__dataclass_fields__
            if name in _ALWAYS or any(getattr(e.score, name, None) is not None for e in evaluations)
        },
        "keys": list(groups),
        "hardware": [groups[e.key] for e in evaluations],
        "runtimes_s": [e.runtime_s for e in evaluations],
        "messages": messages,
    }
    text = json.dumps(document, separators=(",", ":"))
    write_bytes(path, gzip.compress(text.encode(), compresslevel=9, mtime=0))


def read_tabulation(path: Path) -> Tabulation:
    """Read what `write_tabulation` wrote; all points of one hardware take the runtime of its measurement.

    Raises: InputError that names the file and what is wrong with it.
    """
    document = _document(path)
    version = document.get("format")
    if version != FORMAT:
        raise InputError(f"{path}: the table must be of format {FORMAT}, not {version!r}")
    for key in (*HEADER_KEYS, *_COLUMNS):
        if key not in document:
            raise InputError(f"{path}: the table must hold {key!r}")
    try:
        evaluations = _evaluations(document)
        header = {key: value for key, value in document.items() if key not in (*_COLUMNS, "format")}
        result = Tabulation(header=header, evaluations=evaluations)
        result.objectives  # noqa: B018  # read once, to be refused here
    except HdlgenError as error:
        raise InputError(f"{path}: {error}") from None
    except MALFORMED as error:
        raise InputError(f"{path}: the table must be one that `hdlgen tabulate` wrote, and is not: {error}") from None
    return result


_ALWAYS = frozenset(name for name, field in Score.__dataclass_fields__.items() if field.default is not None)
"""The figures that every score has."""

_COLUMNS = ("points", "statuses", "scores", "keys", "hardware", "runtimes_s", "messages")


def _document(path: Path) -> dict[str, Any]:
    """Unpack a file into a JSON object, and no more of it than a table may have."""
    try:
        with gzip.open(path) as stream:
            data = stream.read(MAX_TABLE_FILE_BYTES + 1)
        if len(data) > MAX_TABLE_FILE_BYTES:
            raise InputError(f"{path}: the table must have at most {MAX_TABLE_FILE_BYTES} bytes unpacked")
        document = json.loads(data)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise InputError(f"{path}: the table must be a whole gzip file, and is not: {error}") from None
    except OSError as error:
        raise InputError(f"{path}: the table must be a readable file ({error.strerror or error})") from None
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: the table must hold a JSON object: {error}") from None
    if not isinstance(document, dict):
        raise InputError(f"{path}: the table must hold a JSON object, not {type(document).__name__}")
    return document


def _knob(name: str, choices: Sequence[Choice]) -> Knob:
    return Knob(name=name, choices=tuple(choices))


def _evaluations(document: Mapping[str, Any]) -> tuple[Evaluation, ...]:
    """Put the columns together."""
    knobs = [_knob(name, choices) for name, choices in document["knobs"].items()]
    constraints = [Constraint(metric=one["metric"], bound=float(one["bound"])) for one in document["constraints"]]
    for constraint in constraints:
        if constraint.metric not in METRICS:
            raise ValueError(f"constraint {constraint.metric!r} is no metric")
    points, scores = document["points"], document["scores"]
    columns = {f"points.{knob.name}": points.get(knob.name) for knob in knobs}
    # A figure that later versions added has a default, and may be missing from an older table.
    needed = () if "luts" in scores else AREAS
    figures = [
        name
        for name, of in Score.__dataclass_fields__.items()
        if name in scores or of.default is MISSING or name in needed
    ]
    columns |= {f"scores.{name}": scores.get(name) for name in figures}
    columns |= {name: document[name] for name in ("statuses", "hardware", "runtimes_s")}
    size = len(document["statuses"])
    for name, column in columns.items():
        if not isinstance(column, list) or len(column) != size:
            found = f"{len(column)} values" if isinstance(column, list) else "none"
            raise ValueError(f"column {name} must hold {size} values, not {found}")
    runtimes: dict[int, float] = {}
    for group, runtime_s in zip(document["hardware"], document["runtimes_s"], strict=True):
        runtimes[group] = max(runtimes.get(group, 0.0), float(runtime_s))
    result = []
    for at in range(size):
        positions = [points[knob.name][at] for knob in knobs]
        if any(not 0 <= position < len(knob.choices) for knob, position in zip(knobs, positions, strict=True)):
            raise ValueError(f"point {at} must have a choice of each knob")
        values = tuple((knob.name, knob.choices[p]) for knob, p in zip(knobs, positions, strict=True))
        status, group = Status(document["statuses"][at]), document["hardware"][at]
        score = Score(**{name: scores[name][at] for name in figures}) if status is Status.OK else None
        key = document["keys"][group]
        result.append(
            Evaluation(
                point=Point(values=values),
                status=status,
                score=score,
                feasible=score is not None and all(constraint.holds(score) for constraint in constraints),
                key=key,
                runtime_s=runtimes[group] if key else float(document["runtimes_s"][at]),
                message=document["messages"].get(str(at), ""),
            )
        )
    return tuple(result)

"""The run folder: a header and an append-only list of evaluations, safe against a kill at any moment."""

from __future__ import annotations

import contextlib
import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from hdlgen.errors import StoreError
from hdlgen.evaluation import Evaluation
from search.durable import MALFORMED, Journal, lock, read_document, sweep, write_document, writing

__all__ = ["CHANGEABLE", "FORMAT", "HEADER_KEYS", "Record", "RunStore", "claim", "latest"]

FORMAT = 1
"""The version of the folder's files; a folder of another one is refused."""

HEADER_KEYS = (
    "name",
    "spec",
    "spec_digest",
    "technology",
    "strategy",
    "seed",
    "budget",
    "batch",
    "objectives",
    "constraints",
    "knobs",
    "versions",
)
"""What a run's header must hold; more is welcome."""

CHANGEABLE = frozenset({"summary", "spec", "source", "budget", "patience", "workers", "command"})
"""What may differ at resume, the budget only by growing; `spec` is the text, of which `spec_digest` is what counts."""

HEADER, EVALUATIONS, STOCK, RESULT = "run.json", "evaluations.jsonl", "stock.jsonl", "result.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """An evaluation in its run.

    Args:
        index: place in the order of asking, from 0.
        batch: number of the batch in which the strategy asked for it, from 0.
        repeated: whether the same hardware was measured earlier in the run, so that it cost no budget.
        elapsed_s: seconds since the run began, summed over its resumes.
    """

    index: int
    batch: int
    evaluation: Evaluation
    repeated: bool
    elapsed_s: float

    def as_dict(self) -> dict[str, Any]:
        """Give the line of the store as plain JSON types."""
        own = {"index": self.index, "batch": self.batch, "repeated": self.repeated, "elapsed_s": self.elapsed_s}
        return {**self.evaluation.as_dict(), **own}

    @classmethod
    def from_dict(cls, line: Mapping[str, Any]) -> Record:
        """Read what `as_dict` wrote.

        Raises: KeyError, TypeError, AttributeError or ValueError for anything else.
        """
        return cls(
            index=int(line["index"]),
            batch=int(line["batch"]),
            evaluation=Evaluation.from_dict(line),
            repeated=bool(line["repeated"]),
            elapsed_s=float(line["elapsed_s"]),
        )


class RunStore:
    """An open run folder, locked against a second writer until it is closed; make one by `create` or `resume`.

    Every evaluation is on disk when `append` returns. A kill leaves at most a torn last line, which `resume` drops.
    """

    def __init__(self, folder: Path, header: Mapping[str, Any], held: int) -> None:
        self.folder = folder
        self.header = header
        self._lock = held
        self._stock = Journal(folder / STOCK)
        try:
            self._evaluations = Journal(folder / EVALUATIONS)
            try:
                self._records = [self._record(at, line) for at, line in enumerate(self._evaluations.lines)]
            except BaseException:
                self._evaluations.close()
                raise
        except BaseException:
            self._stock.close()
            raise

    def _record(self, index: int, line: Mapping[str, Any]) -> Record:
        """Read a line of the evaluations."""
        where = f"{self.folder / EVALUATIONS}: line {index + 1}"
        try:
            record = Record.from_dict(line)
        except MALFORMED as error:
            raise StoreError(f"{where} must be an evaluation: {error!r}") from None
        if record.index != index:
            raise StoreError(f"{where} must have index {index}, not {record.index}")
        return record

    @classmethod
    def create(cls, header: Mapping[str, Any], *, runs: Path = Path("runs"), out: Path | None = None) -> RunStore:
        """Begin a run in `out`, or in the folder `NAME-N` below `runs` with the next free number.

        Args:
            header: at least `HEADER_KEYS`, plain JSON types.
        Raises: StoreError where the folder cannot be made, or `out` holds a run already.
        """
        missing = [key for key in HEADER_KEYS if key not in header]
        if missing:
            raise ValueError(f"RunStore: header must hold {missing[0]!r}")
        folder = claim(runs, str(header["name"])) if out is None else out
        with writing(folder):
            folder.mkdir(parents=True, exist_ok=True)
        held = lock(folder)
        try:
            if (folder / HEADER).exists() or (folder / EVALUATIONS).exists():
                raise StoreError(f"{folder}: a new run must have a folder without one; --resume goes on with the old")
            document = _plain(header)
            write_document(folder / HEADER, document)
            return cls(folder, document, held)
        except BaseException:
            os.close(held)
            raise

    @classmethod
    def resume(cls, folder: Path, header: Mapping[str, Any]) -> RunStore:
        """Open a run again to go on with it; a larger budget replaces the old one.

        Args:
            header: what a new run would begin with now.
        Raises: StoreError where the folder holds no run, another process writes it, a file of it is broken, or the
            header differs in what makes the run's results.
        """
        if not (folder / HEADER).is_file():
            raise StoreError(f"{folder}: the folder must hold a run to resume, and it has no {HEADER}")
        held = lock(folder)
        try:
            old, new = read_document(folder / HEADER), _plain(header)
            _check_same(folder, old, new)
            sweep(folder)
            merged = {**old, **{key: value for key, value in new.items() if key in CHANGEABLE}}
            if merged != old:
                write_document(folder / HEADER, merged)
            return cls(folder, merged, held)
        except BaseException:
            os.close(held)
            raise

    @property
    def stock(self) -> Sequence[Mapping[str, Any]]:
        """The baseline measurements that are stored, in the order of writing."""
        return tuple(self._stock.lines)

    @property
    def records(self) -> Sequence[Record]:
        """What is stored, in the order of asking."""
        return tuple(self._records)

    def append(self, record: Record) -> None:
        """Put a record on disk before returning.

        Raises: StoreError where the disk is full or refuses; the file then ends with the record before.
        """
        if record.index != len(self._records):
            raise ValueError(f"RunStore: index must be {len(self._records)}, not {record.index}")
        self._evaluations.append(record.as_dict())
        self._records.append(record)

    def append_stock(self, line: Mapping[str, Any]) -> None:
        """Put a baseline measurement on disk: `{"flow", "recipe", "score"}`.

        Raises: StoreError where the disk is full or refuses.
        """
        self._stock.append(line)

    def write_result(self, document: Mapping[str, Any]) -> None:
        """Write the document of `search --json`, whole or not at all.

        Raises: StoreError where the disk is full or refuses.
        """
        write_document(self.folder / RESULT, document)

    def close(self) -> None:
        """Let go of the folder; a second call does nothing."""
        self._evaluations.close()
        self._stock.close()
        if self._lock >= 0:
            os.close(self._lock)
        self._lock = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def latest(runs: Path, name: str) -> Path:
    """Find the run of a name with the highest number.

    Raises: StoreError where there is none.
    """
    numbers = [number for number in _numbers(runs, name) if (runs / f"{name}-{number}" / HEADER).is_file()]
    if not numbers:
        raise StoreError(f"{runs}: a run {name}-N must be there to resume, and none is")
    return runs / f"{name}-{max(numbers)}"


def _numbers(runs: Path, name: str) -> list[int]:
    """List the numbers that run folders of a name have."""
    pattern = re.compile(re.escape(name) + r"-([1-9][0-9]*)")
    matches = (pattern.fullmatch(entry.name) for entry in (runs.iterdir() if runs.is_dir() else ()))
    return [int(match[1]) for match in matches if match]


def claim(runs: Path, name: str) -> Path:
    """Make the folder of the next free number; of two processes at once each gets its own."""
    with writing(runs):
        runs.mkdir(parents=True, exist_ok=True)
        number = max(_numbers(runs, name), default=0)
        while True:
            number += 1
            with contextlib.suppress(FileExistsError):
                (runs / f"{name}-{number}").mkdir()
                return runs / f"{name}-{number}"


def _plain(header: Mapping[str, Any]) -> dict[str, Any]:
    """Give a header as it is read back from disk: tuples as lists, with the format's number."""
    document: dict[str, Any] = json.loads(json.dumps({"format": FORMAT, **header}))
    return document


def _check_same(folder: Path, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
    """Check that a run may be gone on with under a new header.

    Raises: StoreError that names what differs.
    """
    missing = [key for key in HEADER_KEYS if key not in old]
    if missing:
        raise StoreError(f"{folder / HEADER}: the header must hold {missing[0]!r}")
    for key in [*old, *(key for key in new if key not in old)]:
        was, now, name = old.get(key), new.get(key), key
        if key in CHANGEABLE or was == now:
            continue
        if isinstance(was, dict) and isinstance(now, dict):
            inner = next(inner for inner in [*was, *now] if was.get(inner) != now.get(inner))
            was, now, name = was.get(inner), now.get(inner), f"{key}.{inner}"
        raise StoreError(f"{folder}: {name} must be {was!r} as when the run began, not {now!r}")
    if new["budget"] < old["budget"]:
        raise StoreError(
            f"{folder}: budget must be at least {old['budget']} as when the run began, not {new['budget']}"
        )

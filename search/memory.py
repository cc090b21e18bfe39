"""Memory: what earlier runs of the same search problem measured, kept with the run that begins with it."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hdlgen.errors import StoreError
from hdlgen.evaluation import Evaluation
from hdlgen.space import Point
from search.durable import MALFORMED, read_document, write_bytes
from search.store import EVALUATIONS, HEADER, Record

__all__ = ["FILE", "KEYS", "LIMIT", "Memory", "gather", "kept"]

FILE = "memory.jsonl"
"""Holds, in a run's folder, what the run began with."""

KEYS = ("spec_digest", "technology_digest", "objectives", "constraints", "knobs", "versions")
"""What must be equal in two runs' headers for the one to learn from the other.

All that a score depends on is among it: the spec, the cells, our measuring code and the tools by their versions; and
the knobs, so that a point means the same. A run of another spec never counts.
"""

LIMIT = 500
"""Evaluations that are remembered at most, of the latest runs first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """Evaluations of earlier runs, each point once; none for a search that begins from nothing."""

    evaluations: tuple[Evaluation, ...] = ()

    @property
    def digest(self) -> str:
        """Give what a run's header holds, so that it is gone on with under the same memory; empty for none."""
        return hashlib.sha256(self._text().encode()).hexdigest() if self.evaluations else ""

    def _text(self) -> str:
        return "".join(json.dumps(evaluation.as_dict()) + "\n" for evaluation in self.evaluations)

    def write(self, folder: Path) -> None:
        """Keep the memory with a run that begins, whole or not at all: a torn one could never be gone on with.

        Raises: StoreError where the system refuses.
        """
        if self.evaluations:
            write_bytes(folder / FILE, self._text().encode())

    @classmethod
    def read(cls, folder: Path) -> Memory:
        """Read what a run began with; nothing where it holds no memory.

        Raises: StoreError for a file that is none.
        """
        path = folder / FILE
        try:
            lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
            return cls(evaluations=tuple(Evaluation.from_dict(json.loads(line)) for line in lines))
        except (OSError, *MALFORMED) as error:
            raise StoreError(f"{path}: the memory must hold an evaluation a line: {error!r}") from None


def kept(folder: Path, runs: Path, header: Mapping[str, Any]) -> Memory:
    """Give the memory with which a run began that is now gone on with.

    Where a kill came before it was written, nothing had been asked yet, and it is gathered again; whether it still is
    the same, the run's header says.

    Args:
        folder: the run's.
        runs, header: as for `gather`.
    Raises: StoreError.
    """
    if not (folder / HEADER).is_file() or "memory" not in read_document(folder / HEADER):
        return Memory()
    return Memory.read(folder) if (folder / FILE).is_file() else gather(runs, header)


def gather(runs: Path, header: Mapping[str, Any]) -> Memory:
    """Remember what the runs below a folder measured under the same conditions, the latest first.

    A run that cannot be read, or is being written, gives what can be read of it: memory is a help and no duty.

    Args:
        header: of the run that begins; `KEYS` are compared with each earlier one's.
    """
    wanted = json.loads(json.dumps({key: header[key] for key in KEYS}))
    found: dict[Point, Evaluation] = {}
    for folder in sorted(runs.iterdir(), key=_age) if runs.is_dir() else ():
        if not (folder / HEADER).is_file():
            continue
        with contextlib.suppress(StoreError):
            document = read_document(folder / HEADER)
            if all(document.get(key) == value for key, value in wanted.items()):
                for evaluation in _evaluations(folder / EVALUATIONS):
                    found.setdefault(evaluation.point, evaluation)
    return Memory(evaluations=tuple(found.values())[:LIMIT])


def _age(folder: Path) -> tuple[float, str]:
    """Order run folders, the latest first."""
    with contextlib.suppress(OSError):
        return -(folder / HEADER).stat().st_mtime, folder.name
    return 0.0, folder.name


def _evaluations(path: Path) -> Sequence[Evaluation]:
    """Read the whole lines of a store; what a kill has torn, or another process is writing, is left out."""
    evaluations = []
    with contextlib.suppress(OSError, UnicodeDecodeError):
        for line in path.read_text(encoding="utf-8").splitlines():
            try:
                evaluations.append(Record.from_dict(json.loads(line)).evaluation)
            except MALFORMED:
                break
    return evaluations

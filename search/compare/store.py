"""The folder of a comparison: what is compared, and each trial as soon as it ends; safe against a kill."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from hdlgen.errors import StoreError
from search.compare.trial import Trial
from search.durable import MALFORMED, Journal, lock, read_document, write_document, writing
from search.store import claim

__all__ = ["CHANGEABLE", "FORMAT", "TrialStore", "latest_comparison"]

FORMAT = 1
CHANGEABLE = frozenset({"seeds", "strategies", "command", "workers"})
"""What may differ at resume: more seeds or other strategies; their trials are added."""

FILES = "strategy_files"
"""The digest of each user's own strategy by its name."""

HEADER, TRIALS, RESULT = "comparison.json", "trials.jsonl", "result.json"


class TrialStore:
    """An open folder, locked against a second writer until it is closed; make one by `create` or `resume`."""

    def __init__(self, folder: Path, header: Mapping[str, Any], held: int) -> None:
        self.folder = folder
        self.header = header
        self._lock = held
        self._journal = Journal(folder / TRIALS)
        self._trials: dict[tuple[str, str, int], Trial] = {}
        try:
            for number, line in enumerate(self._journal.lines, start=1):
                try:
                    trial = Trial.from_dict(line)
                except MALFORMED as error:
                    raise StoreError(f"{folder / TRIALS}: line {number} must be a trial: {error!r}") from None
                self._trials[trial.problem, trial.strategy, trial.seed] = trial
        except BaseException:
            self._journal.close()
            raise

    @classmethod
    def create(cls, header: Mapping[str, Any], *, runs: Path = Path("runs"), out: Path | None = None) -> TrialStore:
        """Begin a comparison in `out`, or in the folder `compare-N` below `runs` with the next free number.

        Raises: StoreError where the folder cannot be made, or `out` holds a comparison already.
        """
        folder = claim(runs, "compare") if out is None else out
        with writing(folder):
            folder.mkdir(parents=True, exist_ok=True)
        held = lock(folder)
        try:
            if (folder / HEADER).exists():
                raise StoreError(
                    f"{folder}: a new comparison must have a folder without one; --resume goes on with the old"
                )
            document = _plain(header)
            write_document(folder / HEADER, document)
            return cls(folder, document, held)
        except BaseException:
            os.close(held)
            raise

    @classmethod
    def resume(cls, folder: Path, header: Mapping[str, Any]) -> TrialStore:
        """Open a comparison again to go on with it.

        Args:
            header: what a new one would begin with now.
        Raises: StoreError where the folder holds none, another process writes it, a file of it is broken, or the
            header differs in what makes the trials.
        """
        if not (folder / HEADER).is_file():
            raise StoreError(f"{folder}: the folder must hold a comparison to resume, and it has no {HEADER}")
        held = lock(folder)
        try:
            old, new = read_document(folder / HEADER), _plain(header)
            files = {**old.get(FILES, {}), **new.get(FILES, {})}  # others may join, but each stays what it was
            for key in [*old, *(key for key in new if key not in old)]:
                was, now = old.get(key), new.get(key)
                if key == FILES and all(files[name] == digest for name, digest in (was or {}).items()):
                    continue
                if key not in CHANGEABLE and was != now:
                    raise StoreError(
                        f"{folder}: {key} must be {_shown(was)} as when the comparison began, not {_shown(now)}"
                    )
            new[FILES] = files
            write_document(folder / HEADER, new)
            return cls(folder, new, held)
        except BaseException:
            os.close(held)
            raise

    @property
    def trials(self) -> Mapping[tuple[str, str, int], Trial]:
        """What is stored, by problem, strategy and seed."""
        return self._trials

    def append(self, trial: Trial) -> None:
        """Put a trial on disk before returning.

        Raises: StoreError where the disk is full or refuses.
        """
        self._journal.append(trial.as_dict())
        self._trials[trial.problem, trial.strategy, trial.seed] = trial

    def write_result(self, document: Mapping[str, Any]) -> None:
        """Write the document of `compare --json`, whole or not at all.

        Raises: StoreError where the disk is full or refuses.
        """
        write_document(self.folder / RESULT, document)

    def close(self) -> None:
        """Let go of the folder; a second call does nothing."""
        self._journal.close()
        if self._lock >= 0:
            os.close(self._lock)
        self._lock = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def latest_comparison(runs: Path) -> Path:
    """Find the comparison with the highest number.

    Raises: StoreError where there is none.
    """
    numbers = sorted(
        int(path.parent.name.removeprefix("compare-"))
        for path in runs.glob(f"compare-*/{HEADER}")
        if path.parent.name.removeprefix("compare-").isdecimal()
    )
    if not numbers:
        raise StoreError(f"{runs}: a comparison compare-N must be there to resume, and none is")
    return runs / f"compare-{numbers[-1]}"


def _plain(header: Mapping[str, Any]) -> dict[str, Any]:
    """Give a header as it is read back from disk, with the format's number."""
    document: dict[str, Any] = json.loads(json.dumps({"format": FORMAT, **header}))
    return document


def _shown(value: Any) -> str:
    """Write a value short enough for a message."""
    text = json.dumps(value)
    return text if len(text) <= 100 else f"{text[:97]}..."

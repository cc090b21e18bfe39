"""Seeds side by side: a process each, watched from outside; the smallest circuit is kept.

A process of its own, because an oracle is the user's code: it may hang, or end the process that it runs in. The
parent sees since when a call has gone on, and stops it.
"""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from hdlgen.bits import Words
from hdlgen.errors import HdlgenError, InputError
from hdlgen.evaluation import Prover, Verdict
from hdlgen.oracle import CheckedOracle, Oracle
from search.learn import checkpoint
from search.learn.allocation import keep_memory
from search.learn.learner import Learning, Learnt, Settings, Stage

__all__ = ["News", "learn_seeds", "smallest"]

_WATCH_SECONDS = 0.5
_CONTEXT = multiprocessing.get_context("fork")


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What a seed is doing: a stage that begins, in words."""

    seed: int
    stage: Stage
    text: str
    queries: int


class _Timed:
    """An oracle whose calls can be watched: `since` holds when the one that goes on began, or 0.

    Nobody is left to watch where the parent was killed; this process then ends as well.
    """

    def __init__(self, oracle: Oracle, since: Any) -> None:
        self.oracle = oracle
        self.interface = oracle.interface
        self.since = since
        self._parent = os.getppid()

    def ask(self, inputs: Words) -> Words:
        if os.getppid() != self._parent:
            os._exit(1)
        self.since.value = time.monotonic()
        try:
            return self.oracle.ask(inputs)
        finally:
            self.since.value = 0.0


def learn_seeds(
    open_oracle: Callable[[], Oracle],
    seeds: Sequence[int],
    *,
    where: str,
    version: str = "",
    settings: Settings,
    prover: Prover | None = None,
    workers: int = 1,
    folder: Path | None = None,
    call_seconds: float = 60.0,
    on_news: Callable[[News], None] | None = None,
) -> list[Learnt]:
    """Learn with several seeds, at most `workers` at once, and give what came of each, in the order of the seeds.

    Args:
        open_oracle: called in each process, so that each has an oracle of its own.
        where: the oracle's name for messages; version: a digest of what it is. A checkpoint is good for both alone.
        folder: takes checkpoints, from which a later call with the same arguments goes on; none are kept without it.
        call_seconds: limit of one call of the oracle by the clock.
    Raises: InputError where the oracle fails or hangs; ToolError where a function is not learnt within the limits.
    """
    waiting = list(enumerate(seeds))
    running: dict[Connection, tuple[int, Any, Any]] = {}
    results: dict[int, Learnt] = {}
    try:
        while waiting or running:
            while waiting and len(running) < workers:
                place, seed = waiting.pop(0)
                ours, theirs = _CONTEXT.Pipe(duplex=False)
                since = _CONTEXT.Value("d", 0.0, lock=False)
                job = (open_oracle, seed, where, version, settings, prover, folder, since, theirs)
                process = _CONTEXT.Process(target=_learn, args=job, daemon=False)
                process.start()
                theirs.close()
                running[ours] = (place, process, since)
            for ready in wait(list(running), timeout=_WATCH_SECONDS):
                assert isinstance(ready, Connection)
                place, process, _ = running[ready]
                try:
                    kind, value = ready.recv()
                except EOFError:
                    process.join()
                    raise InputError(
                        f"{where}: the oracle must not end the process that asks it; it ended with status "
                        f"{process.exitcode}"
                    ) from None
                if kind == "news":
                    if on_news is not None:
                        on_news(value)
                    continue
                if kind == "error":
                    raise value
                results[place] = value
                process.join()
                ready.close()
                del running[ready]
            for _, _, since in running.values():
                began = since.value
                if began and time.monotonic() - began > call_seconds:
                    raise InputError(f"{where}: the oracle must answer within {call_seconds:g} s, and does not")
    finally:
        for _, process, _ in running.values():
            process.kill()
            process.join()
    return [results[place] for place in range(len(seeds))]


def smallest(found: Sequence[Learnt]) -> Learnt:
    """Choose the circuit to keep: a proved one before others, then the one of fewest errors, then the smallest."""
    return min(
        found,
        key=lambda one: (one.verdict is not Verdict.EQUAL, one.test_errors, one.network.and_nodes, one.seed),
    )


def _learn(
    open_oracle: Callable[[], Oracle],
    seed: int,
    where: str,
    version: str,
    settings: Settings,
    prover: Prover | None,
    folder: Path | None,
    since: Any,
    report: Connection,
) -> None:
    """Learn one seed in this process and report."""
    try:
        keep_memory()
        oracle = _Timed(CheckedOracle(open_oracle(), where=where), since)
        path = None if folder is None else folder / f"seed-{seed}.json"
        text = json.dumps([where, version, seed, asdict(settings), oracle.interface.as_dict(), prover is not None])
        key = hashlib.sha256(text.encode()).hexdigest()
        learning = Learning(
            oracle,
            seed=seed,
            settings=settings,
            prover=prover,
            on_stage=lambda stage, text: report.send(
                ("news", News(seed=seed, stage=stage, text=text, queries=learning.teacher.queries))
            ),
            on_checkpoint=(lambda state: checkpoint.save(state, path, key)) if path else None,
        )
        if path is not None:
            checkpoint.resume(learning, path, key)
        report.send(("done", learning.run()))
    except KeyboardInterrupt:
        pass
    except HdlgenError as error:
        report.send(("error", error))
    except BaseException as error:  # noqa: BLE001 - the parent tells it
        text = "".join(traceback.format_exception_only(error)).strip()
        report.send(("error", InputError(f"{where}: learning must not fail, and did with: {text}")))

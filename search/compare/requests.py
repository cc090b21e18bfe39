"""Trials on tables in processes of their own: what each process gets, and which trials are still to be run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from hdlgen.errors import InputError
from hdlgen.evaluation import Objective
from search.compare.entrants import Entrant
from search.compare.problem import Problem
from search.compare.store import TrialStore
from search.compare.trial import COUNTS, Rules, Trial, run_trial
from search.experience import shipped
from search.replay import Table, read_csv
from search.tabulation import ENDING, read_tabulation

__all__ = ["TableFile", "TrialRequest", "broken", "outstanding", "run_request"]

TOGETHER = 5
"""Seeds that one process runs, so that reading the table weighs little."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableFile:
    """A table to replay: one that `hdlgen tabulate` wrote, or a CSV file of knobs and objectives.

    Args:
        objectives: of a CSV file, the columns that are one; left out, all that are not named `knob...`.
    """

    path: Path
    objectives: tuple[Objective, ...] = ()

    @property
    def name(self) -> str:
        """What the problem is called: the file's name without its ending."""
        return self.path.name.removesuffix(ENDING).removesuffix(".csv")

    def read(self) -> Table:
        """Read the table.

        Raises: InputError that names the file and what is wrong.
        """
        if self.path.name.endswith(ENDING):
            return read_tabulation(self.path).table(self.name)
        if self.path.suffix != ".csv":
            raise InputError(f"{self.path}: a table must be a file {ENDING} or .csv")
        return read_csv(self.path, self.objectives)

    def problem(self) -> Problem:
        """Make the problem of the table; one of our own comes with what other designs than its own taught.

        Raises: InputError that names the file and what is wrong.
        """
        if not self.path.name.endswith(ENDING):
            return Problem.replay(self.read())
        tabulation = read_tabulation(self.path)
        return Problem.replay(tabulation.table(self.name), shipped(without=str(tabulation.header["name"])))


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialRequest:
    """Trials that one process runs: a strategy on a table with some seeds."""

    table: TableFile
    entrant: Entrant
    rules: Rules
    seeds: tuple[int, ...]

    def singly(self) -> Iterator[TrialRequest]:
        """Give the same seed by seed."""
        return (replace(self, seeds=(seed,)) for seed in self.seeds)


def run_request(request: TrialRequest) -> tuple[Trial, ...]:
    """Run the trials of a request; a user's strategy runs confined.

    Raises: InputError where the table or the strategy's file is not usable.
    """
    problem = request.table.problem()
    factory = request.entrant.factory()
    return tuple(
        run_trial(
            problem,
            factory,
            request.rules,
            strategy=request.entrant.name,
            seed=seed,
            confined=request.entrant.file is not None,
        )
        for seed in request.seeds
    )


def outstanding(
    tables: Sequence[TableFile], entrants: Sequence[Entrant], seeds: Sequence[int], rules: Rules, store: TrialStore
) -> list[TrialRequest]:
    """List the trials that the folder does not hold yet, a few seeds together."""
    requests = []
    for table in tables:
        for entrant in entrants:
            missing = [seed for seed in seeds if (table.name, entrant.name, seed) not in store.trials]
            requests += [
                TrialRequest(table=table, entrant=entrant, rules=rules, seeds=tuple(missing[at : at + TOGETHER]))
                for at in range(0, len(missing), TOGETHER)
            ]
    return requests


def broken(problem: str, strategy: str, seed: int, error: str) -> Trial:
    """Make the trial of which nothing is left but why."""
    return Trial(
        problem=problem,
        strategy=strategy,
        seed=seed,
        points=(),
        decision_s=(),
        measuring_s=(),
        counts=dict.fromkeys(COUNTS, 0),
        error=error,
    )

"""Optuna's samplers over our valid points; the optional package `optuna` is loaded when one of them is made."""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

from hdlgen.errors import ToolMissing
from hdlgen.evaluation import Objective
from hdlgen.space import Choice, Knob, Space
from search.strategies.adapter import AdaptedSearch, Proposer

__all__ = ["optuna_gp", "optuna_nsga2", "optuna_tpe"]


def _require(package: str, strategy: str, line: str) -> Any:
    """Import a package that a strategy needs: here and not at the top, for it is optional and takes seconds to load.

    Raises: ToolMissing with the line that installs it.
    """
    try:
        return importlib.import_module(package)
    except ImportError:
        raise ToolMissing(f"strategy {strategy} needs the package {package}: {line}") from None


class _Study:
    """A `Proposer` out of an Optuna sampler: numbers are ordered by rank, texts and booleans are categories.

    What was measured becomes a trial of its own with the attributes of the proposal, so that the sampler learns of the
    point that was measured and not of the invalid or known one that it had proposed; the proposal ends as failed,
    which samplers pass over.
    """

    def __init__(self, optuna: Any, sampler: Any, knobs: Sequence[Knob], objectives: int) -> None:
        self._optuna = optuna
        self._knobs = knobs
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self._study = optuna.create_study(sampler=sampler, directions=["minimize"] * objectives)
        self._ordered = {knob.name for knob in knobs if not any(isinstance(c, (str, bool)) for c in knob.choices)}
        self._distributions = {
            knob.name: optuna.distributions.IntDistribution(0, len(knob.choices) - 1)
            if knob.name in self._ordered
            else optuna.distributions.CategoricalDistribution(tuple(range(len(knob.choices))))
            for knob in knobs
        }

    def ask(self) -> tuple[Any, Mapping[str, Choice]]:
        """Have a trial sampled."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            trial = self._study.ask(self._distributions)
        return trial, {knob.name: knob.choices[trial.params[knob.name]] for knob in self._knobs}

    def tell(self, token: Any, point: Mapping[str, Choice], values: Sequence[float] | None, *, feasible: bool) -> None:
        """End the proposal and add what was measured; an infeasible point breaks a constraint of the trial."""
        trial, state = self._optuna.trial, self._optuna.trial.TrialState
        attributes = {}
        if token is not None:
            attributes = dict(self._study.get_trials(deepcopy=False)[token.number].system_attrs)  # NSGA-II's generation
            self._study.tell(token, state=state.FAIL)
        if values is None:
            return
        self._study.add_trial(
            trial.create_trial(
                state=state.COMPLETE,
                values=list(values),
                params={knob.name: knob.position(point[knob.name]) for knob in self._knobs},
                distributions=self._distributions,
                system_attrs=attributes,
                constraints={"feasible": 0.0 if feasible else 1.0},
            )
        )


def _adapted(
    strategy: str, sampler: str, space: Space, objectives: Sequence[Objective], seed: int, **needs: str
) -> AdaptedSearch:
    """Run one of Optuna's samplers, with its own defaults, over a space."""
    optuna = _require("optuna", strategy, "pip install 'hdlgen[optuna]'")
    for package, line in needs.items():
        _require(package, strategy, line)

    def propose(knobs: Sequence[Knob], count: int, seed: int) -> Proposer:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _Study(optuna, getattr(optuna.samplers, sampler)(seed=seed), knobs, count)

    return AdaptedSearch(space, objectives, seed=seed, propose=propose)


def optuna_tpe(space: Space, objectives: Sequence[Objective], *, seed: int) -> AdaptedSearch:
    """Search by Optuna's tree of Parzen estimators.

    Raises: ToolMissing where Optuna is not installed.
    """
    return _adapted("optuna_tpe", "TPESampler", space, objectives, seed)


def optuna_nsga2(space: Space, objectives: Sequence[Objective], *, seed: int) -> AdaptedSearch:
    """Search by Optuna's NSGA-II.

    Raises: ToolMissing where Optuna is not installed.
    """
    return _adapted("optuna_nsga2", "NSGAIISampler", space, objectives, seed)


def optuna_gp(space: Space, objectives: Sequence[Objective], *, seed: int) -> AdaptedSearch:
    """Search by Optuna's Gaussian process.

    Raises: ToolMissing where Optuna or torch is not installed.
    """
    return _adapted("optuna_gp", "GPSampler", space, objectives, seed, torch="pip install torch")

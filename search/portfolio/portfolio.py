"""The portfolio: every method learns from the training examples, validation chooses, the choice learns from all.

Accuracy is told of circuits that never saw the examples that they are measured on: each half of the validation
examples chooses, and teaches with the training examples, what the other half measures.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hdlgen.network import Network
from search.portfolio.cases import Cases
from search.portfolio.method import Method
from search.portfolio.methods import METHODS
from search.portfolio.study import Study

__all__ = ["Candidate", "Outcome", "Settings", "choose", "cross_accuracy", "finish", "learn_cases", "try_methods"]

Shrink = Callable[[Network], Network]

_PRICE = 1.5e-6
"""Accuracy that an AND gate must bring."""
_ROOM = 1.25
"""A circuit of so many times the limit may still be made small enough."""
_SURE = 0.3
"""A circuit that agrees with all examples is taken at once, where it has at most this share of the limit."""
_CLOSE, _BEYOND_CHANCE = 0.5, 3.0
"""Standard errors of a difference that validation cannot tell: for a smaller circuit, and for one without gates."""
_BEHIND = 0.04
"""A variant that is so far behind the best grows no further."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How a portfolio is run.

    Args:
        limit: AND gates of a circuit.
        seed: of all that is random.
        matching: whether functions of arithmetic may be recognised.
        both: go on learning where a function is recognised, so that both ways can be compared.
    """

    limit: int = 5000
    seed: int = 1
    matching: bool = True
    both: bool = False

    def __post_init__(self) -> None:
        if self.limit < 0:
            raise ValueError(f"Settings: limit must not be negative, not {self.limit!r}")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Candidate:
    """A network of the training examples, and which of the validation examples it gets right."""

    method: str
    variant: str
    network: Network
    right: NDArray[np.bool_]
    exact: bool

    @property
    def accuracy(self) -> float:
        """Give the share of the validation examples that it gets right."""
        return float(self.right.mean())


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Outcome:
    """What came of one function.

    Args:
        network: learnt from training and validation examples, within the limit.
        method, variant: which makes it.
        accuracy: on halves of the validation examples, of circuits that the other half chose, learnt from that half and
            the training examples.
        agreement: of the network with all examples, all of which it has learnt from.
        exact: whether it is a function that agrees with every example by its form, not by fitting.
        points: of every candidate its method, its AND gates before they are made fewer, and its accuracy.
        described: what it was recognised as, or nothing.
    """

    network: Network
    method: str
    variant: str
    accuracy: float
    agreement: float
    exact: bool
    points: tuple[tuple[str, int, float], ...]
    described: str


def learn_cases(
    training: Cases,
    validation: Cases,
    settings: Settings,
    *,
    shrink: Shrink | None = None,
    methods: Mapping[str, Method] = METHODS,
    say: Callable[[str], None] | None = None,
) -> Outcome:
    """Learn a function of one output bit.

    Args:
        shrink: makes a network smaller without a change of its function.
        say: told in a line what begins.
    """
    chosen = {name: method for name, method in methods.items() if settings.matching or not method.arithmetic}
    candidates = try_methods(training, validation, settings, methods=chosen, say=say)
    return finish(candidates, training, validation, settings, shrink=shrink, methods=methods)


def try_methods(
    training: Cases,
    validation: Cases,
    settings: Settings,
    *,
    methods: Mapping[str, Method] = METHODS,
    say: Callable[[str], None] | None = None,
) -> list[Candidate]:
    """Make the candidates of all methods, until one that knows no arithmetic is small and makes no error."""
    study = Study(training, seed=settings.seed, limit=settings.limit, given=training.joined(validation))
    candidates: list[Candidate] = []
    for method in methods.values():
        if say is not None:
            say(method.name)
        made = _try(method, study, validation, candidates)
        candidates += made
        if any(_ends(one, method, settings) for one in made):
            break
    return candidates


def _ends(candidate: Candidate, method: Method, settings: Settings) -> bool:
    """Tell whether nothing better is worth a try; what is recognised ends it for those alone who asked for no more."""
    small = candidate.network.and_nodes <= _SURE * settings.limit
    return (
        small
        and bool(candidate.right.all())
        and (candidate.exact if method.arithmetic else True)
        and (not method.arithmetic or not settings.both)
    )


def _try(method: Method, study: Study, validation: Cases, others: Sequence[Candidate]) -> list[Candidate]:
    """Make the candidates of a method; one that grows stops where it stays behind, or twice brought nothing."""
    made: list[Candidate] = []
    best: dict[str, float] = {}
    idle: dict[str, int] = {}
    for variant in method.variants:
        group = variant.rpartition("/")[0]
        if method.grows and idle.get(group, 0) >= 2:
            continue
        network = method.make(study, variant)
        if network is None or network.and_nodes > _ROOM * study.limit:
            idle[group] = 2
            continue
        one = Candidate(
            method=method.name,
            variant=variant,
            network=network,
            right=validation.right(network),
            exact=variant in method.exact,
        )
        made.append(one)
        worth = one.accuracy - _PRICE * network.and_nodes
        leader = max((other.accuracy for other in (*others, *made)), default=0.0)
        if group in best and (worth <= best[group] or one.accuracy < leader - _BEHIND):
            idle[group] = idle.get(group, 0) + 1
        else:
            idle[group] = 0
        best[group] = max(best.get(group, 0.0), worth)
        if method.grows and one.right.all():
            break
    return made


def choose(candidates: Sequence[Candidate], limit: int, rows: NDArray[np.bool_] | None = None) -> Candidate:
    """Choose by some of the validation examples, all by default: the smallest of those that they cannot tell apart."""
    right = np.array([one.right if rows is None else one.right[rows] for one in candidates])
    gates = np.array([one.network.and_nodes for one in candidates])
    small = gates <= _SURE * limit
    sure = np.array([one.exact for one in candidates]) & small & right.all(axis=1)
    best = int((right.mean(axis=1) + sure - _PRICE * gates).argmax())
    if sure[best]:
        return candidates[best]
    # Errors that two candidates share tell nothing of which is better.
    behind = right[best].astype(np.float64) - right
    spread = behind.std(axis=1) / np.sqrt(max(right.shape[1], 1))
    # The best of many that guess looks better than a constant by two deviations.
    allowed = np.where(gates == 0, _BEYOND_CHANCE, _CLOSE) * spread
    close = np.flatnonzero(behind.mean(axis=1) <= allowed).tolist()
    return candidates[min(close, key=lambda at: (int(gates[at]), float(behind[at].mean())))]


def cross_accuracy(
    candidates: Sequence[Candidate],
    limit: int,
    *,
    seed: int,
    again: Callable[[Candidate, NDArray[np.bool_]], NDArray[np.bool_]] | None = None,
) -> float:
    """Measure with each half of the validation examples what the other half chooses.

    Args:
        again: learns a candidate again, from the training and some of the validation examples, and tells which of
            them all it gets right; the candidates as they are by default.
    """
    count = len(candidates[0].right)
    if count < 2:
        return float("nan")
    order = np.random.default_rng([seed, 5]).permutation(count)
    right = 0
    for half in (order[: count // 2], order[count // 2 :]):
        rows = np.zeros(count, dtype=bool)
        rows[half] = True
        chosen = choose(candidates, limit, ~rows)
        right += int((again(chosen, ~rows) if again else chosen.right)[rows].sum())
    return right / count


def finish(
    candidates: Sequence[Candidate],
    training: Cases,
    validation: Cases,
    settings: Settings,
    *,
    shrink: Shrink | None = None,
    methods: Mapping[str, Method] = METHODS,
) -> Outcome:
    """Let the best candidate learn from all examples and make it small; the next one where it exceeds the limit."""
    everything = training.joined(validation)
    study = Study(everything, seed=settings.seed, limit=settings.limit)

    def again(chosen: Candidate, rows: NDArray[np.bool_]) -> NDArray[np.bool_]:
        part = Study(training.joined(validation.take(rows)), seed=settings.seed, limit=settings.limit)
        network = methods[chosen.method].make(part, chosen.variant)
        return chosen.right if network is None else validation.right(network)

    left = list(candidates)
    while left:
        best = choose(left, settings.limit)
        network = methods[best.method].make(study, best.variant)
        if network is not None and shrink is not None:
            network = shrink(network)
        if network is None or network.and_nodes > settings.limit:
            left.remove(best)
            continue
        return Outcome(
            network=network,
            method=best.method,
            variant=best.variant,
            accuracy=cross_accuracy(left, settings.limit, seed=settings.seed, again=again),
            agreement=everything.accuracy(network),
            exact=best.exact,
            points=tuple((one.method, one.network.and_nodes, one.accuracy) for one in candidates),
            described=methods[best.method].describe(study),
        )
    raise ValueError("finish: one of the candidates must keep the limit")

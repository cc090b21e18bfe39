"""Decision diagrams from examples: one order of inputs for all paths, and states merged where no statistic parts them.

A comparison of two numbers, read from their top bits, is in one of three states whatever the bits were. Examples that
reached the same state by different paths teach each other; that is why a diagram finds low bits that no tree can.
Source: Kohavi, Bottom-up induction of oblivious read-once decision graphs, ECML 1994; Oliveira and
Sangiovanni-Vincentelli, Using the minimum description length principle to infer reduced ordered decision graphs,
Machine Learning 25, 1996.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hdlgen.network import FALSE, TRUE, NetworkBuilder
from search.portfolio.cases import Bits
from search.portfolio.likelihood import Floats, log_likelihood

__all__ = ["Diagram", "Merging", "build_diagram", "learn_diagram"]

_ZERO, _ONE, _NOWHERE = -1, -2, -3
"""Where an edge leads beside states of the next level: to an answer, or where no example went."""
_MOST_STATES = 400
_LEAST_GAIN = 3.0
"""Log-likelihood that an input must bring in all states together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Merging:
    """When two states are one.

    Args:
        bound: log-likelihood that one statistic may lose by it; the lower, the more states.
        inputs: of the next inputs, so many tell states apart, beside the share of ones.
    """

    bound: float
    inputs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagram:
    """Levels from the root: the input that is asked and, for each state, where its values 0 and 1 lead.

    Args:
        answers: of the states after the last level.
    """

    levels: tuple[tuple[int, tuple[tuple[int, int], ...]], ...]
    answers: tuple[bool, ...]


@dataclass(slots=True)
class _Statistics:
    """Counts of examples by state (row): all and those of answer 1, alone and by the value of inputs (columns)."""

    seen: Floats
    ones: Floats
    seen_by: Floats
    ones_by: Floats

    @classmethod
    def of(cls, states: NDArray[np.int64], inputs: NDArray[np.float32], answers: Bits, count: int) -> _Statistics:
        at = np.arange(len(states))
        marks = np.zeros((len(states), 2 * count), dtype=np.float32)
        marks[at, states] = 1
        marks[at, count + states] = answers
        totals = marks.sum(axis=0, dtype=np.float64)
        high = (marks.T @ inputs).astype(np.float64)
        # Columns: each input at 1, then each at 0.
        by = np.concatenate([high, totals[:, None] - high], axis=1)
        return cls(seen=totals[:count], ones=totals[count:], seen_by=by[:count], ones_by=by[count:])

    def gains(self) -> Floats:
        """Give the log-likelihood that each input would bring in all states together, less what chance brings."""
        width = self.seen_by.shape[1] // 2
        by = log_likelihood(self.ones_by, self.seen_by)
        parts = by[:, :width] + by[:, width:] - log_likelihood(self.ones, self.seen)[:, None]
        gains: Floats = (parts - 0.5).sum(axis=0)
        return gains

    def losses(self, state: int, others: _Statistics, count: int) -> Floats:
        """Give the most that any one statistic loses where a state is merged with each of the first `count` others."""

        def loss(ones: Floats, seen: Floats, more_ones: Floats, more_seen: Floats) -> Floats:
            apart = log_likelihood(ones, seen) + log_likelihood(more_ones, more_seen)
            lost: Floats = apart - log_likelihood(ones + more_ones, seen + more_seen)
            return lost

        alone = loss(others.ones[:count], others.seen[:count], self.ones[state], self.seen[state])
        by = loss(others.ones_by[:count], others.seen_by[:count], self.ones_by[state], self.seen_by[state])
        width = by.shape[1] // 2
        if not width:
            return alone
        # One degree of freedom more than the share of ones alone.
        paired: Floats = (by[:, :width] + by[:, width:]).max(axis=1) - 1.0
        return np.maximum(alone, paired)

    def add(self, at: int, other: _Statistics, state: int) -> None:
        """Count the examples of a state of other statistics too."""
        self.seen[at] += other.seen[state]
        self.ones[at] += other.ones[state]
        self.seen_by[at] += other.seen_by[state]
        self.ones_by[at] += other.ones_by[state]


def learn_diagram(
    inputs: Bits, answers: Bits, merging: Merging, *, random: np.random.Generator, spread: float = 0.0
) -> Diagram:
    """Learn level by level: ask the input that tells most in all states, then merge what it parted.

    Args:
        inputs: shape (examples, bits); answers: shape (examples,).
        spread: standard deviation of the logarithm of a random factor on what an input tells.
    """
    signals = inputs.astype(np.float32)
    left = np.ones(inputs.shape[1], dtype=bool)
    rows = np.arange(len(answers))
    states = np.zeros(len(answers), dtype=np.int64)
    count = 1
    levels = []
    while left.any() and len(rows):
        gains = _Statistics.of(states, signals[rows], answers[rows], count).gains()
        gains[~left] = -np.inf
        asked = int((gains * np.exp(spread * random.standard_normal(len(gains)))).argmax()) if spread else -1
        asked = int(gains.argmax()) if asked < 0 or gains[asked] < _LEAST_GAIN else asked
        if gains[asked] < _LEAST_GAIN:
            break
        left[asked] = False
        strongest = np.argsort(-gains, kind="stable")[: merging.inputs + 1]
        shown = strongest[(strongest != asked) & left[strongest]][: merging.inputs]
        children = 2 * states + inputs[rows, asked]
        found = _Statistics.of(children, signals[np.ix_(rows, shown)], answers[rows], 2 * count)
        targets, merged = _merge(found, merging.bound)
        levels.append((asked, tuple(zip(targets[::2].tolist(), targets[1::2].tolist(), strict=True))))
        goes_on = targets[children] >= 0
        rows, states, count = rows[goes_on], targets[children][goes_on], max(merged, 1)
    ones, seen = np.bincount(states, answers[rows], count), np.bincount(states, minlength=count)
    return Diagram(levels=tuple(levels), answers=tuple((2 * ones > seen).tolist()))


def _merge(found: _Statistics, bound: float) -> tuple[NDArray[np.int64], int]:
    """Give where each child leads, and the number of states that are left."""
    targets = np.full(len(found.seen), _NOWHERE, dtype=np.int64)
    kept = _Statistics(*(np.zeros_like(part) for part in (found.seen, found.ones, found.seen_by, found.ones_by)))
    count = 0
    # Those of most examples first: they say best what a state is.
    for child in np.argsort(-found.seen, kind="stable").tolist():
        seen, ones = found.seen[child], found.ones[child]
        if not seen:
            break
        if ones in (0, seen):
            targets[child] = _ONE if ones else _ZERO
            continue
        losses = found.losses(child, kept, count)
        nearest = int(losses.argmin()) if count else -1
        if nearest < 0 or (losses[nearest] >= bound and count < _MOST_STATES):
            nearest, count = count, count + 1
        kept.add(nearest, found, child)
        targets[child] = nearest
    return targets, count


def build_diagram(builder: NetworkBuilder, diagram: Diagram) -> int:
    """Build a diagram as multiplexers; where no example went, it answers as on the other side."""
    built = [TRUE if answer else FALSE for answer in diagram.answers]
    for asked, edges in reversed(diagram.levels):
        literals = {_ZERO: FALSE, _ONE: TRUE, **dict(enumerate(built))}
        condition = builder.input(asked)
        built = [
            builder.choose(
                condition, literals[high if high != _NOWHERE else low], literals[low if low != _NOWHERE else high]
            )
            for low, high in edges
        ]
    return built[0]

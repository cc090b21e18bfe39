"""Decision trees that split on what makes other inputs simple: never turning the answer, or always.

The middle bit of a product looks like chance to every input. But where the lowest bit of one factor is known, the
highest of the other never matters, or is a term of a parity; without it, twice as many examples lie on each point
that is left, and more of them are neighbours. Neighbours tell all of this.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hdlgen.network import FALSE, TRUE, Network, NetworkBuilder
from search.portfolio.cases import Bits
from search.portfolio.likelihood import Floats, log_likelihood
from search.portfolio.method import Method
from search.portfolio.neighbours import MOST_WIDTH, neighbours
from search.portfolio.study import Study

__all__ = ["METHOD"]

_LEAST_PAIRS = 4
"""Of neighbours, for what an input tells about the effect of another."""
_CHANCE = 0.5
"""Log-likelihood that an input without effect brings."""


@dataclass(frozen=True, slots=True)
class _Grower:
    """Builds in one builder; `sure` pairs of neighbours tell that an input never or always turns the answer."""

    builder: NetworkBuilder
    sure: int

    def grow(self, inputs: Bits, answers: Bits, names: NDArray[np.int64], above: bool) -> int:
        """Build the function of examples; `names` are the inputs' columns, `above` the answer where there are none."""
        ones = int(answers.sum())
        majority = above if 2 * ones == len(answers) else 2 * ones > len(answers)
        if ones in (0, len(answers)) or not len(names):
            return TRUE if majority else FALSE
        pairs = neighbours(inputs)
        turns = [answers[low] != answers[high] for low, high in pairs]
        known = np.array([len(turned) >= self.sure for turned in turns])
        always = known & np.array([bool(turned.all()) for turned in turns])
        never = known & ~np.array([bool(turned.any()) for turned in turns])
        if always.any() or never.any():
            left = ~always & ~never
            flips = inputs[:, always].sum(axis=1, dtype=np.uint8) & np.uint8(1)
            # With a parity taken out, the majority above says nothing of what is left.
            output = self.grow(inputs[:, left], answers ^ flips, names[left], majority)
            for name in names[always]:
                output = self.builder.exclusive(output, self.builder.input(int(name)))
            return output
        score = _told(inputs, answers) - _CHANCE
        for bit, ((low, _), turned) in enumerate(zip(pairs, turns, strict=True)):
            if len(low) >= _LEAST_PAIRS:
                about = _told(inputs[low], turned) - _CHANCE
                about[bit] = 0.0
                score += about
        score[inputs.min(axis=0) == inputs.max(axis=0)] = -np.inf
        best = int(score.argmax())
        if score[best] == -np.inf:
            return TRUE if majority else FALSE
        half, others = inputs[:, best] == 1, np.arange(len(names)) != best
        low_side, high_side = (
            self.grow(inputs[rows][:, others], answers[rows], names[others], majority) for rows in (~half, half)
        )
        return self.builder.choose(self.builder.input(int(names[best])), high_side, low_side)


def _told(inputs: Bits, outcome: NDArray[np.generic]) -> Floats:
    """Give the log-likelihood of a binary outcome that each input alone brings."""
    happened = outcome.astype(bool)
    seen, ones = len(inputs), int(happened.sum())
    high, ones_high = inputs.sum(axis=0, dtype=np.int64), inputs[happened].sum(axis=0, dtype=np.int64)
    together = log_likelihood(np.array(ones), np.array(seen))
    return log_likelihood(ones_high, high) - together + log_likelihood(ones - ones_high, seen - high)


def _make(study: Study, variant: str) -> Network | None:
    cases = study.cases
    if cases.width > MOST_WIDTH:
        return None
    builder = study.builder()
    majority = 2 * int(cases.answers.sum()) > len(cases)
    grower = _Grower(builder, int(variant))
    return builder.network([grower.grow(cases.inputs, cases.answers, np.arange(cases.width), majority)])


METHOD = Method(name="cofactors", variants=("6", "10"), make=_make)

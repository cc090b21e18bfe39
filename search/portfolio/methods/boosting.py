"""Gradient boosting with leaves of one or two bits, whose sum is compared with a threshold."""

from __future__ import annotations

from collections.abc import Mapping

from hdlgen.network import FALSE, TRUE, Network, NetworkBuilder
from search.portfolio.boosting import Booster, Shape, Tree
from search.portfolio.gates import add_columns, at_least
from search.portfolio.method import Method
from search.portfolio.study import Study

__all__ = ["METHOD"]

_SHAPES: Mapping[str, tuple[int, Shape]] = {
    "plain": (0, Shape(depth=5, beam=8, bits=1)),
    "plain-fine": (0, Shape(depth=4, beam=8, bits=2)),
    "pairs": (2, Shape(depth=6, beam=3, bits=2)),
    "pairs-deep": (5, Shape(depth=8, beam=4, bits=1)),
}
"""By name: rounds of features, and the shape of a tree."""
_TREES = (12, 25, 50, 100)


def _bit(builder: NetworkBuilder, tree: Tree, literals: list[int], bit: int, largest: int) -> int:
    """Build one bit of `(leaf + largest) / 2`, which is not negative."""
    built: dict[int, int] = {}
    for node in reversed(range(len(tree.signals))):
        if tree.signals[node] < 0:
            built[node] = TRUE if (tree.values[node] + largest) // 2 >> bit & 1 else FALSE
        else:
            zero, one = tree.children[node]
            built[node] = builder.choose(literals[tree.signals[node]], built[one], built[zero])
    return built[0]


def _make(study: Study, variant: str) -> Network | None:
    name, _, count = variant.partition("/")
    rounds, shape = _SHAPES[name]
    features, matrix = study.features(rounds)
    answers = study.rest.answers
    if answers.min() == answers.max():
        return None
    booster = study.once(("boosting", name), lambda: Booster(matrix, answers, shape, seed=study.seed))
    trees = booster.grow(int(count))
    builder = study.builder()
    literals = features.literals(builder)
    largest = (1 << shape.bits) - 1
    columns = [[_bit(builder, tree, literals, bit, largest) for tree in trees] for bit in range(shape.bits)]
    # start + sum(2 u - largest) >= 0, for the sum of u as built.
    bound = -((booster.start - largest * len(trees)) // 2)
    return study.network(builder, at_least(builder, add_columns(builder, columns), bound))


METHOD = Method(
    name="boosting",
    variants=tuple(f"{name}/{trees}" for trees in _TREES for name in _SHAPES),
    make=_make,
    grows=True,
)

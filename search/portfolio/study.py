"""A study: what methods share while they learn one function from the same examples, so that none does it twice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
from sklearn.tree import DecisionTreeClassifier

from hdlgen.network import Network, NetworkBuilder
from search.portfolio.cases import Bits, Cases, single
from search.portfolio.characters import linear_part
from search.portfolio.features import Features, fringe, strongest_pairs
from search.portfolio.gates import parity

__all__ = ["Study"]

_PAIRS_A_ROUND = 150
_STRONGEST = 60
T = TypeVar("T")


class Study:
    """Examples, with what was found in them.

    Args:
        cases: the examples.
        seed: of all that is random.
        limit: AND gates that a circuit may have.
        given: all examples that are known, of which `cases` may be a part; what is claimed to hold for every example
            is checked on these, and nothing is learnt from them. The cases themselves by default.
        linear: see the property; found by default.
    """

    def __init__(
        self,
        cases: Cases,
        *,
        seed: int,
        limit: int,
        given: Cases | None = None,
        linear: tuple[int, ...] | None = None,
    ) -> None:
        self.cases = cases
        self.seed = seed
        self.limit = limit
        self.given = given or cases
        self._kept: dict[Any, Any] = {}
        self._linear = linear

    def once(self, key: Any, make: Callable[[], T]) -> T:
        """Make something at the first call with this key, and give the same one ever after."""
        if key not in self._kept:
            self._kept[key] = make()
        made: T = self._kept[key]
        return made

    @property
    def linear(self) -> tuple[int, ...]:
        """Give the inputs whose parity is taken from the answers before anything else learns."""
        if self._linear is None:
            self._linear = linear_part(self.cases)
        return self._linear

    @property
    def rest(self) -> Cases:
        """Give the examples without the linear part."""
        return self.once("rest", self._rest)

    def _rest(self) -> Cases:
        return self.cases.flipped(self.cases.inputs[:, list(self.linear)].sum(axis=1, dtype=np.uint8) & np.uint8(1))

    def features(self, rounds: int) -> tuple[Features, Bits]:
        """Give the signals after so many rounds at the fringe of a tree, and their values on the examples."""
        return self.once(("features", rounds), lambda: self._features(rounds))

    def _features(self, rounds: int) -> tuple[Features, Bits]:
        if rounds == 0:
            plain = Features(self.cases.width)
            return plain, self.rest.inputs
        known, matrix = self.features(rounds - 1)
        grown = known.grown(strongest_pairs(self.rest, _STRONGEST)) if rounds == 1 else known
        pairs = fringe(self.tree(rounds - 1, 2).tree_)
        new = [pair for pair in dict.fromkeys(pairs) if pair not in set(grown.pairs)][:_PAIRS_A_ROUND]
        grown = grown.grown(new)
        return grown, grown.matrix(self.rest.inputs, matrix)

    def tree(self, rounds: int, leaf: int) -> Any:
        """Give a tree of scikit-learn on the signals after so many rounds, with at least `leaf` examples a leaf."""

        def fit() -> Any:
            _, matrix = self.features(rounds)
            tree = DecisionTreeClassifier(min_samples_leaf=leaf, random_state=self.seed)
            return tree.fit(matrix.astype(np.float32), self.rest.answers)

        return self.once(("tree", rounds, leaf), fit)

    def network(self, builder: NetworkBuilder, output: int) -> Network:
        """Give the network of a literal that answers for `rest`: with the linear part put back."""
        inputs = [builder.input(bit) for bit in self.linear]
        return builder.network([builder.exclusive(output, parity(builder, inputs))])

    def builder(self) -> NetworkBuilder:
        """Give a builder of networks with as many inputs as the examples."""
        return NetworkBuilder(single(self.cases.width))

"""Random forests and the expected gain of hypervolume, by how far the trees disagree."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from hdlgen.evaluation import Objective
from hdlgen.space import Space
from search.model_search import Belief, ModelSearch
from search.pareto import Floats

__all__ = ["ForestModel", "ForestSearch"]


class ForestModel:
    """A random forest an objective: the mean of the trees, and the deviation between them.

    One forest for all objectives would predict none but pairs that it has seen: each gain would be 0.

    Source: Hutter, Hoos and Leyton-Brown, LION 5, 2011, 507-523 (forests as models, their deviation).
    """

    TREES = 24
    FLOOR = 0.03  # of the deviation of all targets: equal trees are no certainty

    def __init__(self, objectives: int, *, seed: int) -> None:
        # Loaded here and not at the top: scikit-learn takes a second, which every other command would wait for.
        tree = importlib.import_module("sklearn.tree").ExtraTreeRegressor
        # A sixth of a decision goes into checks of settings, and into what kind of estimator this is, which each tree
        # asks thrice: the first are left out with the wrapper of `fit`, the second is answered once.
        tags = tree().__sklearn_tags__()
        self._grow = type("Tree", (tree,), {"__sklearn_tags__": lambda _: tags})
        self._fit = inspect.unwrap(tree.fit)
        self._random = np.random.RandomState(seed)
        self._forests: list[list[Any]] = [[] for _ in range(objectives)]

    def learn(self, inputs: Floats, targets: Floats) -> None:
        """Grow the forests: tree by tree, as a forest of scikit-learn's takes four times as long for the same trees."""
        rows = inputs.astype(np.float32)
        share = max(1, round(0.8 * rows.shape[1]))
        for forest, column in zip(self._forests, targets.T, strict=True):
            forest.clear()
            for drawn in self._random.randint(len(rows), size=(self.TREES, len(rows))):
                tree = self._grow(max_features=share, random_state=self._random)
                forest.append(self._fit(tree, rows[drawn], column[drawn], check_input=False).tree_)

    def beliefs(self, candidates: Floats) -> list[Belief]:
        """Let every tree predict."""
        return [self.screening(candidates)]

    def screening(self, candidates: Floats) -> Belief:
        """Let every tree predict."""
        return _Votes(self._forests, candidates.astype(np.float32), self.FLOOR)


class _Votes:
    """What the trees say of candidates; one that is believed makes those less uncertain that share its leaves."""

    def __init__(self, forests: Sequence[Sequence[Any]], candidates: npt.NDArray[np.float32], floor: float) -> None:
        self._leaves = [[tree.apply(candidates) for tree in forest] for forest in forests]
        votes = [
            np.array([tree.value[leaf, 0, 0] for tree, leaf in zip(forest, leaves, strict=True)])
            for forest, leaves in zip(forests, self._leaves, strict=True)
        ]
        self.means: Floats = np.column_stack([vote.mean(axis=0) for vote in votes])
        self.deviations: Floats = np.sqrt(np.column_stack([vote.var(axis=0) for vote in votes]) + floor**2)

    def believe(self, place: int, values: Floats) -> None:
        del values  # the trees stay as they are, and so do their means
        for column, leaves in enumerate(self._leaves):
            shared = np.mean([leaf == leaf[place] for leaf in leaves], axis=0)
            self.deviations[:, column] *= np.sqrt(1.0 - 0.99 * shared)


class ForestSearch(ModelSearch):
    """Model each objective by a random forest of its own and ask where the front should gain most."""

    def __init__(self, space: Space, objectives: Sequence[Objective], *, seed: int) -> None:
        super().__init__(space, objectives, seed=seed, model=lambda: ForestModel(len(objectives), seed=seed))

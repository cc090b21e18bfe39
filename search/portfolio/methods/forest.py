"""Random forests of a few trees, whose majority is counted by adders."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.ensemble import RandomForestClassifier

from hdlgen.network import Network
from search.portfolio.gates import add_columns, at_least
from search.portfolio.method import Method
from search.portfolio.methods.tree import build_tree
from search.portfolio.study import Study

__all__ = ["METHOD"]

_LEAVES = {"5": 200, "9": 220, "15": 80, "31": 40}
"""By the number of trees, so that the whole keeps the usual limit."""


def _make(study: Study, variant: str) -> Network | None:
    rounds, trees = variant.split("/")
    features, matrix = study.features(int(rounds))

    def fit() -> Any:
        forest = RandomForestClassifier(
            int(trees), max_leaf_nodes=_LEAVES[trees], max_features=0.3, random_state=study.seed, n_jobs=1
        )
        return forest.fit(matrix.astype(np.float32), study.rest.answers)

    forest = study.once(("forest", variant), fit)
    if len(forest.classes_) < 2:
        return None
    builder = study.builder()
    literals = features.literals(builder)
    votes = [build_tree(builder, one.tree_, literals) for one in forest.estimators_]
    return study.network(builder, at_least(builder, add_columns(builder, [votes]), len(votes) // 2 + 1))


METHOD = Method(name="forest", variants=("0/5", "0/15", "0/31", "2/5", "2/15", "5/9"), make=_make)

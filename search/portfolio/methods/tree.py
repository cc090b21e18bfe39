"""Decision trees over the inputs and the features found at the fringe of earlier trees."""

from __future__ import annotations

from typing import Any

from hdlgen.network import FALSE, TRUE, Network, NetworkBuilder
from search.portfolio.method import Method
from search.portfolio.study import Study

__all__ = ["METHOD", "build_tree"]


def build_tree(builder: NetworkBuilder, tree: Any, literals: list[int]) -> int:
    """Build a fitted tree of scikit-learn as multiplexers; a leaf is what most of its examples are."""
    left, right, feature = tree.children_left.tolist(), tree.children_right.tolist(), tree.feature.tolist()
    value = tree.value[:, 0, :].argmax(axis=1) if tree.value.shape[2] > 1 else None
    built: dict[int, int] = {}
    # A child has a larger number than its parent.
    for node in reversed(range(len(left))):
        if left[node] < 0:
            built[node] = TRUE if value is not None and value[node] else FALSE
        else:
            built[node] = builder.choose(literals[feature[node]], built[right[node]], built[left[node]])
    return built[0]


def _make(study: Study, variant: str) -> Network | None:
    leaf, rounds = map(int, variant.split("/"))
    tree = study.tree(rounds, leaf)
    features, _ = study.features(rounds)
    if len(tree.classes_) < 2:
        return None
    builder = study.builder()
    return study.network(builder, build_tree(builder, tree.tree_, features.literals(builder)))


METHOD = Method(
    name="tree",
    variants=tuple(f"{leaf}/{rounds}" for rounds in (0, 1, 2, 4, 6, 9, 13) for leaf in (2, 6)),
    make=_make,
    grows=True,
)

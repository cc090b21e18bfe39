"""Methods of learning from a fixed file of examples, one file each."""

from __future__ import annotations

from collections.abc import Mapping

from search.portfolio.method import Method
from search.portfolio.methods import (
    algebraic,
    boosting,
    cofactors,
    constant,
    cover,
    diagram,
    forest,
    neural,
    ordered,
    symmetric,
    tree,
    words,
)

__all__ = ["METHODS"]

_MODULES = (
    *(constant, words, symmetric, algebraic, ordered, cofactors),
    *(tree, cover, diagram, boosting, forest, neural),
)

METHODS: Mapping[str, Method] = {module.METHOD.name: module.METHOD for module in _MODULES}
"""By name, those first that cost little; where one of them is right on all of validation, the rest is not tried."""

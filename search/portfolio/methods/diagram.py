"""Decision diagrams of one order of inputs with merged states; one, or a few on parts of the examples that vote."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import numpy as np

from hdlgen.network import Network
from search.portfolio.diagram import Diagram, Merging, build_diagram, learn_diagram
from search.portfolio.gates import add_columns, at_least
from search.portfolio.method import Method
from search.portfolio.study import Study

__all__ = ["METHOD"]

_MERGINGS: Mapping[str, Merging] = {
    "coarse": Merging(bound=4.0, inputs=16),
    "middle": Merging(bound=2.0, inputs=4),
    "fine": Merging(bound=1.0, inputs=4),
    "finest": Merging(bound=0.5, inputs=4),
}
_VOTES = (5, 9)
_ROWS, _SPREAD = 0.8, 0.1
"""What share of the examples a diagram of several sees, and how much its order varies."""


def _diagram(study: Study, name: str, number: int) -> Diagram:
    """Learn one of the diagrams; number 0 learns from all examples."""
    cases, merging = study.rest, _MERGINGS[name]
    random = np.random.default_rng([study.seed, 17, number])
    if not number:
        return learn_diagram(cases.inputs, cases.answers, merging, random=random)
    rows = random.random(len(cases)) < _ROWS
    return learn_diagram(cases.inputs[rows], cases.answers[rows], merging, random=random, spread=_SPREAD)


def _make(study: Study, variant: str) -> Network | None:
    name, _, votes = variant.partition("/")
    count = int(votes)
    numbers = range(1, count + 1) if count > 1 else range(1)
    diagrams = [study.once(("diagram", name, at), partial(_diagram, study, name, at)) for at in numbers]
    builder = study.builder()
    answers = [build_diagram(builder, diagram) for diagram in diagrams]
    if count == 1:
        return study.network(builder, answers[0])
    return study.network(builder, at_least(builder, add_columns(builder, [answers]), count // 2 + 1))


METHOD = Method(
    name="diagram",
    variants=tuple(f"{name}/{votes}" for votes in (1, *_VOTES) for name in _MERGINGS),
    make=_make,
    grows=True,
)

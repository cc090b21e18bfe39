"""Two-level minimisation: cubes expanded from examples against those of the other answer, until all are covered.

Source: the expansion step of Espresso (Brayton et al., Logic minimization algorithms for VLSI synthesis, 1984), with
the examples of the other answer as the off-set and everything else free.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hdlgen.network import Network, NetworkBuilder
from search.portfolio.cases import Bits
from search.portfolio.method import Method
from search.portfolio.study import Study

__all__ = ["METHOD", "expand"]

_MOST_CUBES = 600


def expand(example: Bits, against: Bits, order: NDArray[np.int64]) -> NDArray[np.int64]:
    """Give the inputs that a cube around an example must fix, so that it holds no example of the other answer.

    Args:
        example: shape (bits,); against: shape (examples, bits).
        order: inputs, the first ones freed first.
    """
    apart = against != example
    blocks = apart.sum(axis=1)
    fixed = []
    for bit in order:
        left = blocks - apart[:, bit]
        if left.min(initial=1) > 0:
            blocks = left
        else:
            fixed.append(int(bit))
    return np.array(fixed, dtype=np.int64)


def _make(study: Study, variant: str) -> Network | None:
    cases = study.rest
    wanted = np.uint8(variant == "ones")
    inside, outside = cases.inputs[cases.answers == wanted], cases.inputs[cases.answers != wanted]
    if not len(inside) or not len(outside):
        return None
    tells = np.abs(inside.mean(axis=0) - outside.mean(axis=0))
    random = np.random.default_rng([study.seed, 3])
    left = np.ones(len(inside), dtype=bool)
    cubes: list[tuple[NDArray[np.int64], Bits]] = []
    while left.any():
        if len(cubes) == _MOST_CUBES:
            return None
        example = inside[random.choice(np.flatnonzero(left))]
        best, covered = None, np.zeros(0, dtype=bool)
        for _ in range(2):
            order = np.argsort(tells * random.uniform(0.5, 1.5, len(tells)), kind="stable")
            fixed = expand(example, outside, order)
            holds = (inside[:, fixed] == example[fixed]).all(axis=1)
            if best is None or (holds & left).sum() > (covered & left).sum():
                best, covered = fixed, holds
        assert best is not None
        cubes.append((best, example[best]))
        left &= ~covered
    builder = study.builder()
    terms = [_cube(builder, fixed, values) for fixed, values in cubes]
    return study.network(builder, builder.any_of(terms) ^ int(wanted == 0))


def _cube(builder: NetworkBuilder, fixed: NDArray[np.int64], values: Bits) -> int:
    return builder.any_of(builder.input(int(bit)) ^ int(value) for bit, value in zip(fixed, values, strict=True)) ^ 1


METHOD = Method(name="cover", variants=("ones", "zeros"), make=_make)

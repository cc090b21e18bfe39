"""Polynomials over GF(2) of degree 1 and 2 that agree with every example: parities, and XORs of ANDs of two inputs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hdlgen.bits import pack_table
from hdlgen.network import Network
from search.portfolio.cases import Bits
from search.portfolio.gates import parity
from search.portfolio.method import Method
from search.portfolio.study import Study

__all__ = ["METHOD", "solve"]

_SPARE = 64
"""So many more examples than terms there must be: a wrong polynomial fits them with probability 2**-64."""
_MOST_TERMS = 3000


def solve(terms: Bits, answers: Bits) -> Bits | None:
    """Solve `terms @ x = answers` over GF(2), free unknowns 0; None where no x does.

    Args:
        terms: shape (equations, unknowns); answers: shape (equations,).
    """
    words = pack_table(np.concatenate([terms, answers[:, None]], axis=1).T).copy()
    unknowns = terms.shape[1]
    rows, pivots = len(words), []
    at = 0
    for unknown in range(unknowns):
        word, mask = unknown >> 6, np.uint64(1 << (unknown & 63))
        below = np.flatnonzero(words[at:, word] & mask)
        if not len(below):
            continue
        pivot = at + int(below[0])
        if pivot != at:
            words[[at, pivot]] = words[[pivot, at]]
        others = np.flatnonzero(words[:, word] & mask)
        words[others[others != at], word:] ^= words[at, word:]
        pivots.append(unknown)
        at += 1
        if at == rows:
            break
    right = (words[:, unknowns >> 6] >> np.uint64(unknowns & 63)) & np.uint64(1)
    if right[at:].any():
        return None
    solution = np.zeros(unknowns, dtype=np.uint8)
    solution[pivots] = right[: len(pivots)]
    return solution


def _make(study: Study, variant: str) -> Network | None:
    cases, degree = study.given, int(variant)
    width = cases.width
    pairs = np.array(np.triu_indices(width, 1)).T if degree == 2 else np.zeros((0, 2), dtype=np.int64)
    count = 1 + width + len(pairs)
    if count > min(_MOST_TERMS, len(cases) - _SPARE):
        return None
    rows = slice(0, count + 2 * _SPARE)
    terms = _terms(cases.inputs[rows], pairs)
    solution = solve(terms, cases.answers[rows])
    if solution is None or ((_terms(cases.inputs, pairs) @ solution) % 2 != cases.answers).any():
        return None
    builder = study.builder()
    literals = [1, *(builder.input(bit) for bit in range(width))]
    literals += [builder.conjunction(builder.input(int(a)), builder.input(int(b))) for a, b in pairs]
    return builder.network([parity(builder, [literals[at] for at in np.flatnonzero(solution)])])


def _terms(inputs: Bits, pairs: NDArray[np.int64]) -> NDArray[np.uint8]:
    products = inputs[:, pairs[:, 0]] & inputs[:, pairs[:, 1]]
    return np.concatenate([np.ones((len(inputs), 1), dtype=np.uint8), inputs, products], axis=1)


METHOD = Method(name="algebraic", variants=("1", "2"), make=_make, exact=frozenset({"1", "2"}))

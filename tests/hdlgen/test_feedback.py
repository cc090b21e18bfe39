"""Strongly connected components against scipy's."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components

from hdlgen.feedback import components


@pytest.mark.parametrize("seed", range(40))
def test_components_are_those_of_scipy_in_an_order_that_respects_needs(seed: int) -> None:
    generator = np.random.default_rng(seed)
    count = int(generator.integers(1, 25))
    linked = generator.random((count, count)) < generator.choice([0.02, 0.06, 0.12])
    needs = [np.flatnonzero(row).tolist() for row in linked]
    found = components(needs)
    total, labels = connected_components(csr_matrix(linked), directed=True, connection="strong")
    assert len(found) == total
    assert sorted(node for component in found for node in component.nodes) == list(range(count))
    done: set[int] = set()
    for component in found:
        assert len({int(labels[node]) for node in component.nodes}) == 1
        assert component.loop == (len(component.nodes) > 1 or bool(linked[component.nodes[0], component.nodes[0]]))
        for node in component.nodes:
            assert set(needs[node]) <= done | set(component.nodes)
        done |= set(component.nodes)


def test_a_long_chain_needs_no_recursion() -> None:
    count = 20_000
    assert len(components([[node + 1] for node in range(count - 1)] + [[]])) == count
    assert components([[(node + 1) % count] for node in range(count)])[0].nodes == tuple(range(count))

"""Decision diagrams: what they say is what the table says, and equal parts are there once."""

from __future__ import annotations

import random

import pytest

from hdlgen.arithmetic.decisions import DecisionDiagram, Node, node_count


def looked_up(diagram: DecisionDiagram, index: int) -> int:
    def bit(node: Node) -> int:
        if node.row < 0:
            return node.place
        return bit(diagram.rows[node.row][node.place][index >> node.row & 1])

    return sum(bit(root) << place for place, root in enumerate(diagram.roots))


@pytest.mark.parametrize("bits", [0, 1, 2, 5, 8])
@pytest.mark.parametrize("width", [1, 3, 9])
def test_a_diagram_is_its_table(bits: int, width: int) -> None:
    source = random.Random(f"{bits} {width}")
    for values in (
        [source.getrandbits(width) for _ in range(1 << bits)],
        [index * index % (1 << width) for index in range(1 << bits)],
        [-index for index in range(1 << bits)],
    ):
        diagram = DecisionDiagram.of(values, width)
        assert [looked_up(diagram, index) for index in range(1 << bits)] == [v % (1 << width) for v in values]
        assert diagram.count() == node_count(values, width)
        for row in diagram.rows:
            assert len(set(row)) == len(row) and all(low != high for low, high in row)


def test_equal_parts_are_shared_and_constants_are_free() -> None:
    assert node_count([5] * 16, 3) == 0
    assert node_count(list(range(16)), 4) == 4
    # Parity needs both polarities of every row but the last.
    assert node_count([index.bit_count() & 1 for index in range(256)], 1) == 2 * 7 + 1

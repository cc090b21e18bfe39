"""Classes: what the outputs share is what an opcode says, and neither operands nor carries."""

from __future__ import annotations

import numpy as np
import pytest

from hdlgen.bits import Interface, Words
from hdlgen.oracle import WordOracle
from search.learn import Learning, Settings

WIDTH = 24
OPCODE = {"op": 3}
BRANCH = Interface.of(
    {
        "inputs": {"pc": WIDTH, "offset": WIDTH, "left": WIDTH, "right": WIDTH} | OPCODE,
        "outputs": {"next_pc": WIDTH},
    },
    where="branch",
)


def _branch(*, pc: Words, offset: Words, left: Words, right: Words, op: Words) -> dict[str, Words]:
    """Branch where all bits of the opcode are set and the left operand is below: one of them matters in a sixteenth."""
    taken = (op == 7) & (left < right)
    return {"next_pc": (pc + np.where(taken, offset, np.uint64(4))) & np.uint64((1 << WIDTH) - 1)}


@pytest.mark.parametrize("seed", range(6))
def test_an_opcode_is_decided_whole_and_nothing_else(seed: int) -> None:
    learning = Learning(WordOracle(BRANCH, _branch, where="branch"), seed=seed, settings=Settings())
    learning.teacher.hold(learning.classes.grow(learning.teacher.ask(learning.samples.words)))
    split = [member.variable for member in learning.classes.members if member.variable >= 0]
    assert sorted(split) == [4 * WIDTH, 4 * WIDTH + 1, 4 * WIDTH + 2]

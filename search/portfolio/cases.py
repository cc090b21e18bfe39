"""Cases: labelled inputs of one output bit, what every method learns from and is judged by."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from hdlgen.bits import Bus, Interface, Words, pack_table, unpack_table
from hdlgen.network import Network, NetworkBuilder

__all__ = ["Bits", "Cases", "graft", "single"]

Bits = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cases:
    """Hold examples of a function with one output bit.

    Args:
        inputs: shape (examples, bits), 0 or 1.
        answers: shape (examples,), 0 or 1.
    """

    inputs: Bits
    answers: Bits
    _packed: list[Words] = field(default_factory=list, init=False, repr=False)

    def __post_init__(self) -> None:
        if self.inputs.ndim != 2 or self.answers.shape != self.inputs.shape[:1]:
            raise ValueError("Cases: every example must have one row of inputs and one answer")

    def __len__(self) -> int:
        return len(self.answers)

    @property
    def width(self) -> int:
        """Count the input bits."""
        return int(self.inputs.shape[1])

    def take(self, rows: NDArray[np.int64] | NDArray[np.bool_]) -> Cases:
        """Give some of the examples."""
        return Cases(inputs=self.inputs[rows], answers=self.answers[rows])

    def joined(self, other: Cases) -> Cases:
        """Give these examples, then the other ones."""
        return Cases(
            inputs=np.concatenate([self.inputs, other.inputs]), answers=np.concatenate([self.answers, other.answers])
        )

    def flipped(self, signs: Bits) -> Cases:
        """Give the examples with those answers turned where `signs` is 1."""
        return Cases(inputs=self.inputs, answers=self.answers ^ signs)

    def right(self, network: Network) -> NDArray[np.bool_]:
        """Tell which answers a network of one output gives."""
        if not self._packed:
            self._packed.append(pack_table(self.inputs))
        given = unpack_table(network.evaluate(self._packed[0]), len(self))[:, 0]
        same: NDArray[np.bool_] = given == self.answers
        return same

    def accuracy(self, network: Network) -> float:
        """Give the share of answers that a network gives right."""
        return float(self.right(network).mean())


def single(width: int) -> Interface:
    """Give the ports of a function of so many bits with one output."""
    return Interface(inputs=(Bus(name="x", width=width),), outputs=(Bus(name="y", width=1),))


def graft(builder: NetworkBuilder, network: Network) -> list[int]:
    """Build a network with the same number of input bits in another builder; give its output literals."""
    first = network.interface.input_bits + 1
    literals = [0, *(builder.input(bit) for bit in range(first - 1))]
    for left, right in network.gates.tolist():
        literals.append(builder.conjunction(literals[left >> 1] ^ (left & 1), literals[right >> 1] ^ (right & 1)))
    return [literals[root >> 1] ^ (root & 1) for root in network.outputs.tolist()]

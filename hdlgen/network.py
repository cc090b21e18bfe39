"""Networks: and-inverter graphs of learnt circuits, built with structural hashing, evaluated 64 examples a word.

A literal is `2 * node + complement`, as in AIGER: node 0 is the constant 0, nodes 1 to N are the input bits, the AND
gates follow in an order in which every gate comes after what it reads.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from hdlgen.bits import Interface, Words

__all__ = ["FALSE", "TRUE", "Network", "NetworkBuilder"]

FALSE, TRUE = 0, 1
_ONES = np.uint64(0xFFFF_FFFF_FFFF_FFFF)
_CHUNK_WORDS = 1 << 21


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Network:
    """Hold a combinational circuit.

    Args:
        interface: its ports.
        gates: shape (gates, 2): the two literals that each AND reads.
        outputs: the literal of each output bit.
    Raises: ValueError where a gate reads itself or a later one, or an output nothing.
    """

    interface: Interface
    gates: NDArray[np.int64]
    outputs: NDArray[np.int64]
    _levels: list[NDArray[np.int64]] = field(default_factory=list, init=False, repr=False)

    def __post_init__(self) -> None:
        first = self.interface.input_bits + 1
        if self.gates.shape != (len(self.gates), 2) or self.outputs.shape != (self.interface.output_bits,):
            raise ValueError("Network: gates must have two literals each, and every output bit one literal")
        own = np.arange(first, first + len(self.gates))
        if np.any(self.gates < 0) or np.any(self.gates >> 1 >= own[:, None]):
            raise ValueError("Network: a gate must read what comes before it")
        if np.any(self.outputs < 0) or np.any(self.outputs >> 1 >= first + len(self.gates)):
            raise ValueError("Network: an output must read a node of the network")

    @property
    def and_nodes(self) -> int:
        """Count the AND gates."""
        return len(self.gates)

    def levels(self) -> NDArray[np.int64]:
        """Give the depth of every node in AND gates; 0 for the constant and the inputs."""
        first = self.interface.input_bits + 1
        depth = [0] * first
        for left, right in (self.gates >> 1).tolist():
            depth.append(1 + max(depth[left], depth[right]))
        return np.array(depth, dtype=np.int64)

    def depth(self) -> int:
        """Give the largest number of AND gates between an input and an output."""
        return int(self.levels()[self.outputs >> 1].max())

    def evaluate(self, inputs: Words) -> Words:
        """Evaluate the bit matrix (input bits, words) to (output bits, words)."""
        if len(inputs) != self.interface.input_bits:
            raise ValueError(f"Network: inputs must have {self.interface.input_bits} rows, not {len(inputs)}")
        nodes = self.interface.input_bits + 1 + len(self.gates)
        chunk = max(1, _CHUNK_WORDS // nodes)
        parts = [self._evaluate(inputs[:, at : at + chunk]) for at in range(0, inputs.shape[1], chunk)]
        return np.concatenate(parts, axis=1) if parts else np.zeros((len(self.outputs), 0), dtype=np.uint64)

    def _evaluate(self, inputs: Words) -> Words:
        """Evaluate level by level: all gates of one depth are one operation."""
        first = len(inputs) + 1
        values = np.zeros((first + len(self.gates), inputs.shape[1]), dtype=np.uint64)
        values[1:first] = inputs
        if not self._levels and len(self.gates):
            depth = self.levels()[first:]
            order = np.argsort(depth, kind="stable")
            self._levels.extend(np.split(order, np.flatnonzero(np.diff(depth[order])) + 1))
        for gates in self._levels:
            left, right = self.gates[gates, 0], self.gates[gates, 1]
            values[first + gates] = _read(values, left) & _read(values, right)
        return _read(values, self.outputs)

    def cone_sizes(self) -> list[int]:
        """Count, for each output bit, the gates that it depends on."""
        first = self.interface.input_bits + 1
        reads = (self.gates >> 1).tolist()
        sizes = []
        for root in (self.outputs >> 1).tolist():
            seen: set[int] = set()
            stack = [root]
            while stack:
                node = stack.pop()
                if node >= first and node not in seen:
                    seen.add(node)
                    stack.extend(reads[node - first])
            sizes.append(len(seen))
        return sizes


def _read(values: Words, literals: NDArray[np.int64]) -> Words:
    """Read literals: rows of values, complemented where the literal says so."""
    masks = np.where(literals & 1, _ONES, np.uint64(0))
    read: Words = values[literals >> 1] ^ masks[:, None]
    return read


class NetworkBuilder:
    """Build a network gate by gate; equal gates are one, constants and equal operands cost nothing.

    Args:
        interface: its ports; the literal of input bit `i` is `2 * (i + 1)`.
    """

    def __init__(self, interface: Interface) -> None:
        self.interface = interface
        self.gates: list[tuple[int, int]] = []
        self._known: dict[tuple[int, int], int] = {}
        self._first = interface.input_bits + 1

    def input(self, bit: int) -> int:
        """Give the literal of an input bit."""
        return 2 * (bit + 1)

    def conjunction(self, left: int, right: int) -> int:
        """Give the literal of `left AND right`."""
        if left > right:
            left, right = right, left
        if left == FALSE or left ^ right == 1:
            return FALSE
        if left in (TRUE, right):
            return right
        known = self._known.get((left, right))
        if known is None:
            known = self._known[left, right] = 2 * (self._first + len(self.gates))
            self.gates.append((left, right))
        return known

    def disjunction(self, left: int, right: int) -> int:
        """Give the literal of `left OR right`."""
        return self.conjunction(left ^ 1, right ^ 1) ^ 1

    def exclusive(self, left: int, right: int) -> int:
        """Give the literal of `left XOR right`."""
        sign = (left ^ right) & 1
        left, right = left & ~1, right & ~1
        both, none = self.conjunction(left, right), self.conjunction(left ^ 1, right ^ 1)
        return self.conjunction(both ^ 1, none ^ 1) ^ sign

    def choose(self, select: int, one: int, zero: int) -> int:
        """Give the literal of `one` where `select` holds, else of `zero`."""
        if one == zero:
            return one
        if one == zero ^ 1:
            return self.exclusive(select, zero)
        return self.disjunction(self.conjunction(select, one), self.conjunction(select ^ 1, zero))

    def any_of(self, literals: Iterable[int]) -> int:
        """Give the literal of the OR of some literals, as a balanced tree."""
        terms = sorted(set(literals))
        if not terms:
            return FALSE
        while len(terms) > 1:
            paired = [self.disjunction(*pair) for pair in zip(terms[::2], terms[1::2], strict=False)]
            terms = paired + terms[len(paired) * 2 :]
        return terms[0]

    def network(self, outputs: Sequence[int]) -> Network:
        """Give the network of these output literals, without the gates that none of them needs."""
        needed = set()
        stack = [literal >> 1 for literal in outputs]
        while stack:
            node = stack.pop()
            if node >= self._first and node not in needed:
                needed.add(node)
                stack.extend(literal >> 1 for literal in self.gates[node - self._first])
        number = {node: node for node in range(self._first)}
        kept = []
        for node in sorted(needed):
            left, right = (2 * number[x >> 1] + (x & 1) for x in self.gates[node - self._first])
            number[node] = self._first + len(kept)
            kept.append((left, right))
        return Network(
            interface=self.interface,
            gates=np.array(kept, dtype=np.int64).reshape(-1, 2),
            outputs=np.array([2 * number[x >> 1] + (x & 1) for x in outputs], dtype=np.int64),
        )

"""Expressions of single bits: gates, full adders and whole adders over variables, equal ones made once.

A literal is `2 * node + complement`, as in AIGER; node 0 is the constant 0. Full adders and adders stay what they are,
since a proof about sums needs them: as gates nobody finds them again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hdlgen.bits import Bus, Interface
from hdlgen.network import FALSE, TRUE, Network, NetworkBuilder

__all__ = ["FALSE", "TRUE", "Expressions", "Group", "evaluate", "to_network"]


@dataclass(frozen=True, slots=True)
class Group:
    """An adder: `sum + 2**width * carry = left + right + carry_in`; outputs are nodes, lowest first, the carry last."""

    left: tuple[int, ...]
    right: tuple[int, ...]
    carry_in: int
    outputs: tuple[int, ...]


class Expressions:
    """Make expressions; a node's number is larger than those of all that it reads.

    Attributes:
        reads: for each node the two literals of an AND or XOR; empty for a variable, the constant and an adder's bit.
        exclusive: the nodes that are XOR.
        group: for each node that an adder puts out, the adder.
        level: how deep a node stands: deeper than all that it reads, and all outputs of an adder alike.
        names: what each variable is called.
    """

    def __init__(self) -> None:
        self.reads: list[tuple[int, ...]] = [()]
        self.level: list[int] = [0]
        self.exclusive: set[int] = set()
        self.group: dict[int, Group] = {}
        self.names: dict[int, str] = {}
        self._known: dict[tuple[object, ...], int] = {}
        self._adders: dict[tuple[object, ...], Group] = {}

    def variable(self, name: str) -> int:
        """Make a variable of its own, and give its literal."""
        node = self._node((), 0)
        self.names[node] = name
        return 2 * node

    def conjunction(self, left: int, right: int) -> int:
        """Give `left AND right`."""
        if left > right:
            left, right = right, left
        if left == FALSE or left ^ right == 1:
            return FALSE
        if left in (TRUE, right):
            return right
        return self._gate("and", left, right)

    def disjunction(self, left: int, right: int) -> int:
        """Give `left OR right`."""
        return self.conjunction(left ^ 1, right ^ 1) ^ 1

    def exclusive_or(self, left: int, right: int) -> int:
        """Give `left XOR right`."""
        sign = (left ^ right) & 1
        left, right = sorted((left & ~1, right & ~1))
        if left == right:
            return sign
        if left == FALSE:
            return right ^ sign
        return self._gate("xor", left, right) ^ sign

    def choose(self, select: int, one: int, zero: int) -> int:
        """Give `one` where `select` holds, else `zero`."""
        if select in (FALSE, TRUE) or one == zero:
            return one if select == TRUE else zero
        if one == zero ^ 1:
            return self.exclusive_or(select, zero)
        return self.disjunction(self.conjunction(select, one), self.conjunction(select ^ 1, zero))

    def full_adder(self, a: int, b: int, c: int) -> tuple[int, int]:
        """Give sum and carry of three bits."""
        a, b, c = sorted((a, b, c))
        if a == b or b == c:
            return (c, a) if a == b else (a, b)
        if a ^ b == 1 or b ^ c == 1:
            other = c if a ^ b == 1 else a
            return other ^ 1, other
        total, carry = self.adder((a,), (b,), c)
        return total, carry

    def adder(self, left: Sequence[int], right: Sequence[int], carry_in: int) -> tuple[int, ...]:
        """Give all bits of the sum of two words and a carry, the carry out last."""
        key = ("adder", *left, "+", *right, carry_in)
        if key not in self._adders:
            level = 1 + max(self.level[literal >> 1] for literal in (*left, *right, carry_in))
            outputs = tuple(self._node((), level) for _ in range(len(left) + 1))
            group = Group(tuple(left), tuple(right), carry_in, outputs)
            self._adders[key] = group
            self.group.update(dict.fromkeys(outputs, group))
        return tuple(2 * node for node in self._adders[key].outputs)

    def _gate(self, kind: str, left: int, right: int) -> int:
        key = (kind, left, right)
        node = self._known.get(key)
        if node is None:
            node = self._node((left, right), 1 + max(self.level[left >> 1], self.level[right >> 1]))
            self._known[key] = node
            if kind == "xor":
                self.exclusive.add(node)
        return 2 * node

    def _node(self, reads: tuple[int, ...], level: int) -> int:
        self.reads.append(reads)
        self.level.append(level)
        return len(self.reads) - 1

    def operands(self, node: int) -> tuple[int, ...]:
        """List the literals that a node reads."""
        group = self.group.get(node)
        return (*group.left, *group.right, group.carry_in) if group is not None else self.reads[node]

    def factors(self, literal: int) -> set[int]:
        """List the literals whose conjunction a literal is: itself, or those that an AND reads, and so on."""
        found: set[int] = set()
        seen: set[int] = set()
        stack = [literal]
        while stack:
            each = stack.pop()
            if each in seen:
                continue
            seen.add(each)
            node = each >> 1
            if each & 1 or not self.reads[node] or node in self.exclusive:
                found.add(each)
            else:
                stack.extend(self.reads[node])
        return found

    def cone(self, literals: Sequence[int]) -> list[int]:
        """List all nodes that literals depend on, themselves included, in an order in which operands come first."""
        seen: set[int] = set()
        stack = [literal >> 1 for literal in literals]
        while stack:
            node = stack.pop()
            if node not in seen:
                seen.add(node)
                stack.extend(literal >> 1 for literal in self.operands(node))
        return sorted(seen)

    def variables(self, literals: Sequence[int]) -> list[int]:
        """List the variables that literals depend on."""
        return [node for node in self.cone(literals) if node in self.names]


def to_network(
    expressions: Expressions, variables: Sequence[int], outputs: Sequence[Sequence[int]]
) -> tuple[Network, ...]:
    """Turn expressions into and-inverter graphs with equal ports, `i` and `o`; adders ripple.

    Args:
        variables: literals of variables, one for each bit of `i`; nothing may depend on others.
        outputs: for each graph the literals of its bits of `o`.
    Raises: ValueError for a variable that is not listed.
    """
    interface = Interface(
        inputs=(Bus(name="i", width=len(variables)),), outputs=(Bus(name="o", width=len(outputs[0])),)
    )
    networks = []
    for wanted in outputs:
        builder = NetworkBuilder(interface)
        known = {0: FALSE} | {literal >> 1: builder.input(place) for place, literal in enumerate(variables)}
        for node in expressions.cone(wanted):
            if node in known:
                continue
            if node in expressions.names:
                raise ValueError(f"to_network: {expressions.names[node]} must be among the variables")
            _build(expressions, node, builder, known)
        networks.append(builder.network([known[literal >> 1] ^ (literal & 1) for literal in wanted]))
    return tuple(networks)


def _build(expressions: Expressions, node: int, builder: NetworkBuilder, known: dict[int, int]) -> None:
    """Add a node, and with it all that its adder puts out."""

    def read(literal: int) -> int:
        return known[literal >> 1] ^ (literal & 1)

    group = expressions.group.get(node)
    if group is None:
        left, right = (read(literal) for literal in expressions.reads[node])
        known[node] = (
            builder.exclusive(left, right) if node in expressions.exclusive else builder.conjunction(left, right)
        )
        return
    carry = read(group.carry_in)
    for output, a, b in zip(group.outputs, map(read, group.left), map(read, group.right), strict=False):
        half = builder.exclusive(a, b)
        known[output] = builder.exclusive(half, carry)
        carry = builder.disjunction(builder.conjunction(a, b), builder.conjunction(half, carry))
    known[group.outputs[-1]] = carry


def evaluate(expressions: Expressions, literals: Sequence[int], values: Mapping[int, int], bits: int) -> list[int]:
    """Evaluate literals on many assignments at once: bit `k` of each value belongs to assignment `k`.

    Args:
        values: for each variable's node its values as one integer.
        bits: how many assignments there are.
    """
    mask = (1 << bits) - 1
    known: dict[int, int] = {0: 0, **values}

    def read(literal: int) -> int:
        return known[literal >> 1] ^ (mask if literal & 1 else 0)

    for node in expressions.cone(literals):
        if node in known:
            continue
        group = expressions.group.get(node)
        if group is None:
            left, right = (read(literal) for literal in expressions.reads[node])
            known[node] = left ^ right if node in expressions.exclusive else left & right
            continue
        carry = read(group.carry_in)
        for output, a, b in zip(group.outputs, map(read, group.left), map(read, group.right), strict=False):
            known[output] = a ^ b ^ carry
            carry = (a & b) | ((a ^ b) & carry)
        known[group.outputs[-1]] = carry
    return [read(literal) for literal in literals]

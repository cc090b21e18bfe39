"""The graph of a design: dataflow on arrays in static single assignment, with state over tokens."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from hdlgen.inference import Operand, infer
from hdlgen.limits import MAX_NODES
from hdlgen.number import Format
from hdlgen.operation import Op

__all__ = ["Graph", "Node", "Op", "State", "delayed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One operation on whole arrays.

    Args:
        op: the operation.
        args: positions of the arguments in the graph, all before the node itself.
        format: of every element of the result; wide enough for every possible one.
        shape: of the result, () for a scalar.
        attributes: names and values, sorted by name; hashable.
    """

    op: Op
    args: tuple[int, ...] = ()
    format: Format
    shape: tuple[int, ...] = ()
    attributes: tuple[tuple[str, Any], ...] = ()

    def attribute(self, name: str) -> Any:
        """Give an attribute's value; KeyError where the node has none of that name."""
        return dict(self.attributes)[name]

    @property
    def elements(self) -> int:
        """Count the elements of the result."""
        return int(np.prod(self.shape, dtype=np.int64))


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """Memory over tokens: node `node` (a STATE) holds what node `next` was one accepted token ago.

    Args:
        node, next: positions in the graph; equal in format and shape; `next` may come later, that is feedback.
        initial: raw integers after reset, flat, one an element.
    """

    node: int
    next: int
    initial: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """Hold a design's dataflow.

    Args:
        nodes: in an order in which every argument comes before its use.
        inputs, outputs: name and node, in the order of the spec; any node may be an output, an INPUT or a CONSTANT too.
        states: one for each STATE node.
        ranges: smallest and largest raw integer of each node over all its elements, often narrower than its format;
            empty where nobody has worked them out.
    """

    nodes: tuple[Node, ...]
    inputs: tuple[tuple[str, int], ...]
    outputs: tuple[tuple[str, int], ...]
    states: tuple[State, ...] = ()
    ranges: tuple[tuple[int, int], ...] = ()

    def operands(self) -> tuple[Operand, ...]:
        """Work out the range of every element of every node.

        Raises: ValueError where a node breaks the rule of its operation or its format is too narrow for a result.
        """
        states = {state.node: state for state in self.states}
        found: list[Operand] = []
        for position, node in enumerate(self.nodes):
            _check_earlier(node.args, position, node.op)
            state = states.get(position)
            if node.op is Op.STATE and state is not None and 0 <= state.next < position:
                result = delayed(found[state.next], state.initial)
            else:
                args = [found[arg] for arg in node.args]
                result = infer(node.op, args, dict(node.attributes), stated=node.format, shape=node.shape)
            _check_result(node, result, position)
            found.append(Operand(format=node.format, shape=node.shape, low=result.low, high=result.high))
        return tuple(found)

    def verify(self) -> None:
        """Check every rule of the record.

        Raises: ValueError where an argument does not come before its node (a combinational cycle), shape or format
        break the rule of an operation, inputs, outputs or states do not fit their nodes, or ranges are too narrow.
        """
        if len(self.nodes) > MAX_NODES:
            raise ValueError(f"Graph: number of nodes must be at most {MAX_NODES}, not {len(self.nodes)}")
        for kind, ports in (("inputs", self.inputs), ("outputs", self.outputs)):
            _check_ports(kind, ports, len(self.nodes))
        sources = {(node.attribute("name"), at) for at, node in enumerate(self.nodes) if node.op is Op.INPUT}
        if sources != set(self.inputs):
            raise ValueError(f"Graph: inputs must list the INPUT nodes {sorted(sources)}, not {sorted(self.inputs)}")
        self._verify_states()
        operands = self.operands()
        if self.ranges and len(self.ranges) != len(self.nodes):
            raise ValueError(f"Graph: ranges must have {len(self.nodes)} entries, not {len(self.ranges)}")
        for position, (claimed, operand) in enumerate(zip(self.ranges, operands, strict=False)):
            low, high = operand.range
            if claimed[0] > low or claimed[1] < high or not operand.format.holds(*claimed):
                raise ValueError(
                    f"node {position}: range must hold {(low, high)} and lie in {operand.format}, not be {claimed!r}"
                )

    def _verify_states(self) -> None:
        """Check that each STATE node has one state, equal to its next node in format and shape."""
        held = sorted(state.node for state in self.states)
        expected = [position for position, node in enumerate(self.nodes) if node.op is Op.STATE]
        if held != expected:
            raise ValueError(f"Graph: states must list each of the STATE nodes {expected} once, not {held}")
        for state in self.states:
            if not 0 <= state.next < len(self.nodes):
                raise ValueError(f"state of node {state.node}: next must be a node of the graph, not {state.next!r}")
            node, source = self.nodes[state.node], self.nodes[state.next]
            if (node.format, node.shape) != (source.format, source.shape):
                raise ValueError(
                    f"state of node {state.node}: next must have format {node.format} and shape {node.shape},"
                    f" not {source.format} and {source.shape}"
                )
            if len(state.initial) != node.elements or not all(node.format.holds(raw, raw) for raw in state.initial):
                rule = f"initial must be {node.elements} values in {node.format}"
                raise ValueError(f"state of node {state.node}: {rule}, not {state.initial!r}")


def delayed(operand: Operand, initial: tuple[int, ...]) -> Operand:
    """Infer the range of a state without feedback: that of what it delays, joined with what it holds after reset."""
    first = np.array(initial, dtype=object).reshape(-1)
    low, high = np.minimum(operand.low, first), np.maximum(operand.high, first)
    return Operand(format=operand.format, shape=operand.shape, low=low, high=high)


def _check_earlier(args: Iterable[int], position: int, op: Op) -> None:
    for arg in args:
        if type(arg) is not int or not 0 <= arg < position:
            raise ValueError(f"node {position} ({op.value}): arguments must come before it, not {arg!r}")


def _check_result(node: Node, result: Operand, position: int) -> None:
    where, (low, high) = f"node {position} ({node.op.value})", result.range
    if node.shape != result.shape:
        raise ValueError(f"{where}: shape must be {result.shape}, not {node.shape!r}")
    if node.format.fraction != result.format.fraction:
        raise ValueError(f"{where}: fraction must be {result.format.fraction}, not {node.format.fraction!r}")
    if not node.format.holds(low, high):
        raise ValueError(f"{where}: format must hold the raw integers {low} to {high}, not be {node.format}")


def _check_ports(kind: str, ports: tuple[tuple[str, int], ...], count: int) -> None:
    names = [name for name, _ in ports]
    if len(set(names)) != len(names):
        raise ValueError(f"Graph: {kind} must have names that differ, not {names}")
    for name, position in ports:
        if type(position) is not int or not 0 <= position < count:
            raise ValueError(f"Graph: {kind} {name} must name a node of the graph, not {position!r}")

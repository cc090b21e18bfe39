"""Build a graph node by node: formats and ranges inferred, equal nodes made once, known values made constants."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from hdlgen.graph import Graph, Node, State, delayed
from hdlgen.inference import Operand, infer
from hdlgen.limits import MAX_NODES
from hdlgen.number import Format
from hdlgen.operation import Op

__all__ = ["GraphBuilder"]


class GraphBuilder:
    """Collect nodes; every method that makes one returns its number, to be used as an argument of later ones.

    Raises: ValueError from each method where the rule of an operation is broken.
    """

    def __init__(self) -> None:
        self._nodes: list[Node] = []
        self._operands: list[Operand] = []
        self._known: dict[Node, int] = {}
        self._states: dict[int, State] = {}
        self._delays: dict[tuple[int, tuple[int, ...]], int] = {}
        self._inputs: list[tuple[str, int]] = []
        self._outputs: list[tuple[str, int]] = []

    def node(self, number: int) -> Node:
        """Give a node: its op, format and shape."""
        return self._nodes[number]

    def operand(self, number: int) -> Operand:
        """Give what is known of a node's value: format, shape and the range of each element."""
        return self._operands[number]

    def input(self, name: str, port_format: Format, shape: Sequence[int] = ()) -> int:
        """Declare the next field of the input stream."""
        number = self.apply(Op.INPUT, stated=port_format, shape=tuple(shape), name=name)
        self._inputs.append((name, number))
        return number

    def output(self, name: str, number: int) -> None:
        """Declare the next field of the output stream."""
        self._outputs.append((name, number))

    def constant(
        self, values: int | Sequence[Any] | np.ndarray[Any, Any], *, fraction: int = 0, stated: Format | None = None
    ) -> int:
        """Make a constant from raw integers, nested as its shape is; the narrowest format unless one is stated."""
        array = np.array(values, dtype=object)
        raw = tuple(int(value) for value in array.reshape(-1))
        chosen = stated or Format.holding(min(raw), max(raw), fraction=fraction)
        return self.apply(Op.CONSTANT, stated=chosen, shape=array.shape, values=raw)

    def apply(
        self, op: Op, *args: int, stated: Format | None = None, shape: Sequence[int] | None = None, **attributes: Any
    ) -> int:
        """Make a node of an operation.

        Args:
            op, args, attributes: the operation; arguments of element-wise ones have one shape (see `broadcast`).
            stated: the format, for INPUT, CONSTANT, CONVERT and REINTERPRET, where the arguments do not give it.
            shape: for INPUT, CONSTANT and GATHER.
        """
        operands = [self._operands[arg] for arg in args]
        result = infer(op, operands, attributes, stated=stated, shape=None if shape is None else tuple(shape))
        if op not in (Op.INPUT, Op.CONSTANT, Op.STATE) and bool((result.low == result.high).all()):
            values = tuple(int(raw) for raw in result.low)
            return self.apply(Op.CONSTANT, stated=result.format, shape=result.shape, values=values)
        named = tuple(sorted(attributes.items()))
        return self._add(Node(op=op, args=args, format=result.format, shape=result.shape, attributes=named), result)

    def broadcast(self, number: int, shape: Sequence[int]) -> int:
        """Repeat an array to a larger shape as numpy does."""
        node, target = self._nodes[number], tuple(shape)
        if node.shape == target:
            return number
        positions = np.broadcast_to(np.arange(node.elements).reshape(node.shape), target)
        return self.gather(number, positions)

    def gather(self, number: int, positions: np.ndarray[Any, Any]) -> int:
        """Pick elements of one array by their flat positions; the result has the shape of `positions`."""
        indices = tuple((0, int(position)) for position in positions.reshape(-1))
        if positions.shape == self._nodes[number].shape and all(at == k for k, (_, at) in enumerate(indices)):
            return number
        return self.apply(Op.GATHER, number, shape=positions.shape, indices=indices)

    def stack(self, numbers: Sequence[int], positions: np.ndarray[Any, Any]) -> int:
        """Pick elements of several arrays of one format, numbered through all arrays in their order."""
        owners = [(k, at) for k, number in enumerate(numbers) for at in range(self._nodes[number].elements)]
        indices = tuple(owners[int(position)] for position in positions.reshape(-1))
        return self.apply(Op.GATHER, *numbers, shape=positions.shape, indices=indices)

    def delay(self, number: int, initial: Sequence[int] | None = None) -> int:
        """Make the value that a node had one accepted token ago; `initial` (raw, flat; left out: 0) after reset."""
        node = self._nodes[number]
        first = (0,) * node.elements if initial is None else tuple(int(raw) for raw in initial)
        if (number, first) not in self._delays:
            _check_initial(first, node.format, node.elements)
            made = Node(op=Op.STATE, format=node.format, shape=node.shape)
            position = self._add(made, delayed(self._operands[number], first), fresh=True)
            self._states[position] = State(node=position, next=number, initial=first)
            self._delays[number, first] = position
        return self._delays[number, first]

    def state(self, held: Format, shape: Sequence[int] = (), initial: Sequence[int] | None = None) -> int:
        """Make a state whose next value comes later (feedback); `connect` gives it."""
        count = math.prod(shape)
        first = (0,) * count if initial is None else tuple(int(raw) for raw in initial)
        _check_initial(first, held, count)
        result = infer(Op.STATE, (), {}, stated=held, shape=tuple(shape))
        position = self._add(Node(op=Op.STATE, format=held, shape=tuple(shape)), result, fresh=True)
        self._states[position] = State(node=position, next=-1, initial=first)
        return position

    def connect(self, state: int, number: int) -> None:
        """Say what a state made by `state` takes over with each accepted token."""
        self._states[state] = State(node=state, next=number, initial=self._states[state].initial)

    def graph(self) -> Graph:
        """Give the verified graph: inputs, and whatever the outputs need; ranges filled in."""
        kept = self._needed()
        place = {number: position for position, number in enumerate(kept)}
        nodes = tuple(_renumbered(self._nodes[number], place) for number in kept)
        states = tuple(
            State(node=place[number], next=place[state.next], initial=state.initial)
            for number, state in sorted(self._states.items())
            if number in place
        )
        made = Graph(
            nodes=nodes,
            inputs=tuple((name, place[number]) for name, number in self._inputs),
            outputs=tuple((name, place[number]) for name, number in self._outputs),
            states=states,
            ranges=tuple(self._operands[number].range for number in kept),
        )
        made.verify()
        return made

    def _add(self, node: Node, operand: Operand, *, fresh: bool = False) -> int:
        if not fresh and node in self._known:
            return self._known[node]
        if len(self._nodes) >= MAX_NODES:
            raise ValueError(f"number of nodes must be at most {MAX_NODES}")
        self._nodes.append(node)
        self._operands.append(operand)
        if not fresh:
            self._known[node] = len(self._nodes) - 1
        return len(self._nodes) - 1

    def _needed(self) -> list[int]:
        wanted = [number for _, number in self._outputs] + [number for _, number in self._inputs]
        seen: set[int] = set()
        while wanted:
            number = wanted.pop()
            if number in seen:
                continue
            seen.add(number)
            wanted.extend(self._nodes[number].args)
            if number in self._states:
                wanted.append(self._states[number].next)
        return sorted(seen)


def _renumbered(node: Node, place: Mapping[int, int]) -> Node:
    args = tuple(place[arg] for arg in node.args)
    return Node(op=node.op, args=args, format=node.format, shape=node.shape, attributes=node.attributes)


def _check_initial(initial: Sequence[int], held: Format, count: int) -> None:
    if len(initial) != count or not all(held.holds(raw, raw) for raw in initial):
        raise ValueError(f"initial must be {count} values in {held}, not {tuple(initial)!r}")

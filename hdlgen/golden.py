"""The golden model: what a graph makes of a stream of tokens, bit by bit, on numpy integer arrays.

Arrays carry the tokens on their first axis. Only feedback loops go token by token; a state outside of them is its
source moved on by one token.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from hdlgen.feedback import components, sources
from hdlgen.graph import Graph, Node, Op
from hdlgen.number import INT64_WIDTH, Format, IntArray, convert, wrap
from hdlgen.reals import ARGUMENTS, divided, tabulated

__all__ = ["evaluate", "evaluate_nodes"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Call:
    """One operation on arrays of tokens: its node, the formats of its arguments, and their raw integers."""

    node: Node
    formats: Sequence[Format]
    values: Sequence[IntArray]

    def aligned(self, start: int = 0) -> list[IntArray]:
        """Give the arguments from `start` on as raw integers of their largest fraction."""
        fraction = max(each.fraction for each in self.formats[start:])
        pairs = zip(self.formats[start:], self.values[start:], strict=True)
        return [value if own.fraction == fraction else value << (fraction - own.fraction) for own, value in pairs]


def _on_values(function: Callable[[Any, Any], Any]) -> Callable[[_Call], IntArray]:
    return lambda call: np.asarray(function(*call.aligned()))


def _on_raw(function: Callable[..., Any]) -> Callable[[_Call], IntArray]:
    return lambda call: np.asarray(function(*call.values))


def _select(call: _Call) -> IntArray:
    return np.where(call.values[0] != 0, *call.aligned(1))


def _shift(call: _Call) -> IntArray:
    left = max(call.node.attribute("amount") - call.formats[0].fraction, 0)
    return np.asarray(call.values[0] << left)


def _shift_right(call: _Call) -> IntArray:
    grown = call.node.format.fraction - call.formats[0].fraction
    return np.asarray(call.values[0] << (grown - call.values[1]))


def _convert(call: _Call) -> IntArray:
    node = call.node
    rounding, overflow = node.attribute("rounding"), node.attribute("overflow")
    return convert(call.values[0], call.formats[0], node.format, rounding=rounding, overflow=overflow)


def _reinterpret(call: _Call) -> IntArray:
    return wrap(call.values[0] >> call.node.attribute("low"), call.node.format)


def _join_bits(call: _Call) -> IntArray:
    joined = np.zeros_like(call.values[0])
    for own, value in zip(call.formats, call.values, strict=True):
        joined = (joined << own.width) | (value & ((1 << own.width) - 1))
    return joined


def _gather(call: _Call) -> IntArray:
    tokens = len(call.values[0])
    flat = [value.reshape(tokens, math.prod(value.shape[1:])) for value in call.values]
    starts = np.cumsum([0, *(value.shape[1] for value in flat)])
    positions = np.array([starts[argument] + element for argument, element in call.node.attribute("indices")])
    everything = flat[0] if len(flat) == 1 else np.concatenate(flat, axis=1)
    return everything[:, positions].reshape(tokens, *call.node.shape)


def _sort(call: _Call) -> IntArray:
    return np.asarray(np.sort(call.values[0], axis=-1)[..., list(call.node.attribute("ranks"))])


def _popcount(call: _Call) -> IntArray:
    pattern = call.values[0] & ((1 << call.formats[0].width) - 1)
    if pattern.dtype != object:
        return np.asarray(np.bitwise_count(pattern))
    counts = np.array([int(value).bit_count() for value in pattern.reshape(-1)], dtype=object)
    return counts.reshape(pattern.shape)


def _function(call: _Call) -> IntArray:
    name = call.node.attribute("function")
    if ARGUMENTS[name] > 1:
        return divided(call.values[0], call.values[1], (call.formats[0], call.formats[1]), call.node.format)
    places = (call.values[0] - call.formats[0].low).astype(np.int64)
    return np.asarray(tabulated(name, call.formats[0], call.node.format)[places])


_MEANINGS: Mapping[Op, Callable[[_Call], IntArray]] = {
    Op.ADD: _on_values(np.add),
    Op.SUB: _on_values(np.subtract),
    Op.MUL: _on_raw(np.multiply),
    Op.NEG: _on_raw(np.negative),
    Op.ABS: _on_raw(np.absolute),
    Op.MIN: _on_values(np.minimum),
    Op.MAX: _on_values(np.maximum),
    Op.AND: _on_raw(np.bitwise_and),
    Op.OR: _on_raw(np.bitwise_or),
    Op.XOR: _on_raw(np.bitwise_xor),
    Op.INVERT: _on_raw(np.invert),
    Op.EQ: _on_values(np.equal),
    Op.NE: _on_values(np.not_equal),
    Op.LT: _on_values(np.less),
    Op.LE: _on_values(np.less_equal),
    Op.GT: _on_values(np.greater),
    Op.GE: _on_values(np.greater_equal),
    Op.SELECT: _select,
    Op.SHIFT: _shift,
    Op.SHIFT_LEFT: _on_raw(np.left_shift),
    Op.SHIFT_RIGHT: _shift_right,
    Op.CONVERT: _convert,
    Op.REINTERPRET: _reinterpret,
    Op.JOIN_BITS: _join_bits,
    Op.GATHER: _gather,
    Op.SUM: _on_raw(lambda value: np.sum(value, axis=-1, dtype=value.dtype)),
    Op.ARGMAX: _on_raw(lambda value: np.argmax(value, axis=-1)),
    Op.ARGMIN: _on_raw(lambda value: np.argmin(value, axis=-1)),
    Op.SORT: _sort,
    Op.POPCOUNT: _popcount,
    Op.FUNCTION: _function,
}


def evaluate(graph: Graph, inputs: Mapping[str, Any]) -> dict[str, IntArray]:
    """Run a stream of tokens through a graph, exactly.

    Args:
        graph: a verified graph.
        inputs: for each input its raw integers, shape (tokens, *shape), in order; states begin as after reset.
    Returns: for each output its raw integers, shape (tokens, *shape); int64, or object where a format exceeds 62 bits.
    Raises: ValueError for a missing or unknown input, a wrong shape, or values that are not integers of its format.
    """
    values = evaluate_nodes(graph, inputs)
    kinds: dict[str, Any] = {
        name: np.int64 if graph.nodes[position].format.width <= INT64_WIDTH else object
        for name, position in graph.outputs
    }
    return {name: values[position].astype(kinds[name]) for name, position in graph.outputs}


def evaluate_nodes(graph: Graph, inputs: Mapping[str, Any]) -> list[IntArray]:
    """Run a stream of tokens through a graph and give the raw integers of every node, read-only by agreement."""
    kind: Any = np.int64 if _working_width(graph) <= INT64_WIDTH else object
    given, tokens = _checked(graph, inputs, kind)
    values: list[IntArray] = [np.empty(0, dtype=kind)] * len(graph.nodes)
    initial = {state.node: (state.next, _row(state.initial, graph.nodes[state.node], kind)) for state in graph.states}
    for component in components(sources(graph)):
        if component.loop:
            _run_loop(graph, component.nodes, values, initial, tokens)
            continue
        (position,) = component.nodes
        node = graph.nodes[position]
        if node.op is Op.INPUT:
            values[position] = given[node.attribute("name")]
        elif node.op is Op.CONSTANT:
            row = _row(node.attribute("values"), node, kind)
            values[position] = np.broadcast_to(row, (tokens, *node.shape))
        elif node.op is Op.STATE:
            source, first = initial[position]
            values[position] = np.concatenate([first, values[source]])[:tokens]
        else:
            values[position] = _apply(graph, node, [values[arg] for arg in node.args])
    return values


def _run_loop(
    graph: Graph,
    members: Sequence[int],
    values: list[IntArray],
    initial: Mapping[int, tuple[int, IntArray]],
    tokens: int,
) -> None:
    """Fill in the values of a feedback loop, one token after the other."""
    rows: dict[int, IntArray] = {}
    carried = {position: initial[position][1] for position in members if position in initial}
    for position in members:
        node = graph.nodes[position]
        values[position] = np.empty((tokens, *node.shape), dtype=next(iter(carried.values())).dtype)
    plan = [
        (position, graph.nodes[position], graph.nodes[position].args) for position in members if position not in carried
    ]
    inside = set(members)
    for token in range(tokens):
        rows.update(carried)
        for position, node, args in plan:
            given = [rows[arg] if arg in inside else values[arg][token : token + 1] for arg in args]
            rows[position] = _apply(graph, node, given)
        for position in members:
            values[position][token] = rows[position][0]
        for position in carried:
            carried[position] = rows[initial[position][0]]


def _apply(graph: Graph, node: Node, values: Sequence[IntArray]) -> IntArray:
    formats = [graph.nodes[arg].format for arg in node.args]
    return _MEANINGS[node.op](_Call(node=node, formats=formats, values=values)).astype(values[0].dtype, copy=False)


def _row(raw: Sequence[int], node: Node, kind: Any) -> IntArray:
    return np.array(raw, dtype=kind).reshape(1, *node.shape)


def _working_width(graph: Graph) -> int:
    """Bound the bits of every raw integer on the way, aligned arguments included."""
    widest = 1
    for node in graph.nodes:
        formats = [node.format, *(graph.nodes[arg].format for arg in node.args)]
        fraction = max(each.fraction for each in formats)
        widest = max(widest, *(each.width + fraction - each.fraction for each in formats))
    return widest


def _checked(graph: Graph, inputs: Mapping[str, Any], kind: Any) -> tuple[dict[str, IntArray], int]:
    """Check the inputs and copy them; the number of tokens with them."""
    names = [name for name, _ in graph.inputs]
    if sorted(inputs) != sorted(names):
        raise ValueError(f"evaluate: inputs must be {names}, not {sorted(inputs)}")
    given: dict[str, IntArray] = {}
    for name, position in graph.inputs:
        node, array = graph.nodes[position], np.asarray(inputs[name])
        if array.shape[1:] != node.shape or not array.ndim:
            raise ValueError(f"evaluate: input {name} must have shape (tokens, *{node.shape}), not {array.shape}")
        if array.dtype.kind not in "iub" and not all(
            isinstance(value, (int, np.integer)) for value in array.reshape(-1)
        ):
            raise ValueError(f"evaluate: input {name} must be integers, not {array.dtype}")
        if array.size and not node.format.holds(int(array.min()), int(array.max())):
            raise ValueError(
                f"evaluate: input {name} must lie in {node.format}, not {int(array.min())} to {int(array.max())}"
            )
        given[name] = array.astype(kind)
    lengths = {len(array) for array in given.values()}
    if len(lengths) != 1:
        raise ValueError(f"evaluate: inputs must have one number of tokens, not {sorted(lengths)}")
    return given, lengths.pop()

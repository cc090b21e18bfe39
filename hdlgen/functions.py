"""The functions of the language: name, parameters, and what each becomes in the graph."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping

import numpy as np

from hdlgen import arrays
from hdlgen.call import Call, Function, Value
from hdlgen.conversion import FORBID, stated
from hdlgen.elementary import ELEMENTARY, with_format
from hdlgen.limits import MAX_WINDOW
from hdlgen.number import OVERFLOWS, ROUNDINGS, Format
from hdlgen.operation import Op
from hdlgen.ordering import median, sort, stacked

__all__ = ["CONVERSIONS", "FUNCTIONS", "condition"]

_BIT = Format(width=1, signed=False)


def condition(call: Call, value: Value) -> int:
    """Give a value as one bit: whether it is not 0."""
    if call.builder.node(value.node).format == _BIT:
        return value.node
    return arrays.elementwise(call.builder, Op.NE, value.node, call.builder.constant(0))


def _where(call: Call) -> Value:
    chosen = condition(call, call.value("condition"))
    first, second = call.value("x"), call.value("y")
    node = arrays.elementwise(call.builder, Op.SELECT, chosen, first.node, second.node)
    return Value(node=node, truth=first.truth and second.truth)


def _extreme(op: Op) -> Callable[[Call], Value]:
    """Make min or max: of several values element by element, of one value over its axes."""

    def lower(call: Call) -> Value:
        node = call.node("x")
        if not call.rest:
            axes = call.axes()
            result = arrays.extreme(call.builder, op, node, axes)
            keepdims = call.flag("keepdims")
            return Value(node=arrays.reduced(call.builder, node, result, axes, keepdims=keepdims))
        if "axis" in call.arguments or "keepdims" in call.arguments:
            raise ValueError(f"{call.name}: axis must go with one array, not with {1 + len(call.rest)} values")
        for tree in call.rest:
            node = arrays.elementwise(call.builder, op, node, call.evaluator.value(tree).node)
        return Value(node=node)

    return lower


def _pairwise(op: Op) -> Callable[[Call], Value]:
    return lambda call: Value(node=arrays.elementwise(call.builder, op, call.node("x"), call.node("y")))


def _absolute(call: Call) -> Value:
    return Value(node=call.builder.apply(Op.ABS, call.node("x")))


def _clip(call: Call) -> Value:
    raised = arrays.elementwise(call.builder, Op.MAX, call.node("x"), call.node("low"))
    return Value(node=arrays.elementwise(call.builder, Op.MIN, raised, call.node("high")))


def _sign(call: Call) -> Value:
    node, zero = call.node("x"), call.builder.constant(0)
    above = arrays.elementwise(call.builder, Op.GT, node, zero)
    below = arrays.elementwise(call.builder, Op.LT, node, zero)
    return Value(node=call.builder.apply(Op.SUB, above, below))


def _sum(call: Call) -> Value:
    node, axes = call.node("x"), call.axes()
    result = arrays.summed(call.builder, node, axes)
    return Value(node=arrays.reduced(call.builder, node, result, axes, keepdims=call.flag("keepdims")))


def _index_of_extreme(op: Op) -> Callable[[Call], Value]:
    def lower(call: Call) -> Value:
        axis = call.axis()
        flat = arrays.rows(call.builder, call.node("x"), None if axis is None else (axis,))
        return Value(node=call.builder.apply(op, flat))

    return lower


def _cumsum(call: Call) -> Value:
    return Value(node=arrays.cumulated(call.builder, call.node("x"), call.axis()))


def _popcount(call: Call) -> Value:
    return Value(node=call.builder.apply(Op.POPCOUNT, call.sized("x")))


def _bit(call: Call) -> Value:
    node, place = call.sized("x"), call.integer("place")
    width = call.builder.node(node).format.width
    if not 0 <= place < width:
        raise ValueError(f"bit: place must be 0 to {width - 1}, not {place}")
    return Value(node=call.builder.apply(Op.REINTERPRET, node, stated=_BIT, low=place), truth=True)


def _concat(call: Call) -> Value:
    parts = call.widths([call.arguments["x"], *call.rest])
    return Value(node=arrays.elementwise(call.builder, Op.JOIN_BITS, *parts))


def _window(call: Call) -> Value:
    value, count = call.value("x"), call.integer("n")
    if not 1 <= count <= MAX_WINDOW:
        raise ValueError(f"window: n must be 1 to {MAX_WINDOW} tokens, not {count}")
    nodes = [value.node]
    while len(nodes) < count:
        nodes.append(call.builder.delay(nodes[-1]))
    return Value(node=arrays.stacked(call.builder, nodes, 0), truth=value.truth)


def _previous(call: Call) -> Value:
    return call.evaluator.previous(call.arguments["x"], call.arguments.get("initial"))


def _round(call: Call) -> Value:
    rounding = call.text("rounding", tuple(ROUNDINGS)) or "half_even"
    overflow = call.text("overflow", (*OVERFLOWS, FORBID))
    tree = call.arguments["x"]
    if rounding == "half_even" and overflow in (None, "saturate"):
        tree = with_format(tree, call.target())
    value = call.evaluator.value(tree, fine=True)
    return Value(node=_stated(call, value.node, rounding, overflow))


def _clipped(overflow: str) -> Callable[[Call], Value]:
    def lower(call: Call) -> Value:
        value = call.evaluator.value(call.arguments["x"], fine="rounding" in call.arguments)
        return Value(node=_stated(call, value.node, call.text("rounding", tuple(ROUNDINGS)), overflow))

    return lower


def _stated(call: Call, node: int, rounding: str | None, overflow: str | None) -> int:
    target = call.target()
    try:
        return stated(call.builder, node, target, rounding=rounding, overflow=overflow)
    except ValueError as error:
        raise ValueError(f"{call.name}: {error}") from None


def _reshape(call: Call) -> Value:
    value = call.value("x")
    trees = [call.arguments["shape"], *call.rest]
    tree = trees[0] if len(trees) == 1 else ast.Tuple(elts=trees, ctx=ast.Load())
    shape, at = call.integers(tree, "shape"), arrays.positions(call.builder, value.node)
    try:
        moved = at.reshape(shape)
    except ValueError:
        raise ValueError(f"reshape: shape must hold {at.size} elements, not be {shape}") from None
    return Value(node=call.builder.gather(value.node, moved), truth=value.truth)


def _transpose(call: Call) -> Value:
    value = call.value("x")
    at = arrays.positions(call.builder, value.node)
    axes = call.integers(call.arguments["axes"], "axes") if "axes" in call.arguments else tuple(range(at.ndim))[::-1]
    places = [arrays.place(at.shape, axis) for axis in axes]
    if sorted(places) != list(range(at.ndim)):
        raise ValueError(f"transpose: axes must name each of the {at.ndim} axes once, not be {axes}")
    return Value(node=call.builder.gather(value.node, at.transpose(places)), truth=value.truth)


def _flip(call: Call) -> Value:
    value, axes = call.value("x"), call.axes()
    at = arrays.positions(call.builder, value.node)
    places = range(at.ndim) if axes is None else {arrays.place(at.shape, axis) for axis in axes}
    return Value(node=call.builder.gather(value.node, np.flip(at, tuple(places))), truth=value.truth)


def _stack(call: Call) -> Value:
    first, rest = call.arguments["x"], list(call.rest)
    axis = call.axis() or 0
    # As numpy has it, a sequence of arrays and then the axis; or the arrays themselves.
    listed = len(rest) <= 1 and not any(isinstance(tree, ast.Tuple | ast.List) for tree in rest)
    if listed and isinstance(first, ast.Tuple | ast.List):
        trees = first.elts
        axis = call.evaluator.integer(rest[0], "stack: axis") if rest else axis
    else:
        trees = [first, *rest]
    if not trees:
        raise ValueError("stack: number of arrays must be at least 1")
    return stacked(call.builder, [call.evaluator.value(tree) for tree in trees], axis)


def _dot(call: Call) -> Value:
    return Value(node=arrays.dot(call.builder, call.node("x"), call.node("y")))


def _conv(call: Call) -> Value:
    """Correlate over the valid region, as `scipy.signal.correlate` with mode "valid": the kernel is not turned."""
    return Value(node=arrays.correlation(call.builder, call.node("image"), call.node("kernel")))


FUNCTIONS: Mapping[str, Function] = {
    **ELEMENTARY,
    "abs": Function(parameters=("x",), required=1, lower=_absolute),
    "argmax": Function(parameters=("x", "axis"), required=1, lower=_index_of_extreme(Op.ARGMAX)),
    "argmin": Function(parameters=("x", "axis"), required=1, lower=_index_of_extreme(Op.ARGMIN)),
    "bit": Function(parameters=("x", "place"), required=2, lower=_bit),
    "clip": Function(parameters=("x", "low", "high"), required=3, lower=_clip),
    "concat": Function(parameters=("x",), required=1, rest="y", lower=_concat),
    "conv": Function(parameters=("image", "kernel"), required=2, lower=_conv),
    "cumsum": Function(parameters=("x", "axis"), required=1, lower=_cumsum),
    "dot": Function(parameters=("x", "y"), required=2, lower=_dot),
    "flip": Function(parameters=("x", "axis"), required=1, lower=_flip),
    "max": Function(parameters=("x", "axis", "keepdims"), required=1, rest="y", lower=_extreme(Op.MAX)),
    "maximum": Function(parameters=("x", "y"), required=2, lower=_pairwise(Op.MAX)),
    "median": Function(parameters=("x", "axis", "keepdims"), required=1, lower=median),
    "min": Function(parameters=("x", "axis", "keepdims"), required=1, rest="y", lower=_extreme(Op.MIN)),
    "minimum": Function(parameters=("x", "y"), required=2, lower=_pairwise(Op.MIN)),
    "popcount": Function(parameters=("x",), required=1, lower=_popcount),
    "previous": Function(parameters=("x", "initial"), required=1, lower=_previous),
    "reshape": Function(parameters=("x", "shape"), required=2, rest="size", lower=_reshape),
    "round": Function(parameters=("x", "format", "rounding", "overflow"), required=2, lower=_round),
    "saturate": Function(parameters=("x", "format", "rounding"), required=2, lower=_clipped("saturate")),
    "sign": Function(parameters=("x",), required=1, lower=_sign),
    "sort": Function(parameters=("x", "axis"), required=1, lower=sort),
    "stack": Function(parameters=("x", "axis"), required=1, rest="y", lower=_stack),
    "sum": Function(parameters=("x", "axis", "keepdims"), required=1, lower=_sum),
    "transpose": Function(parameters=("x", "axes"), required=1, lower=_transpose),
    "where": Function(parameters=("condition", "x", "y"), required=3, lower=_where),
    "window": Function(parameters=("x", "n"), required=2, lower=_window),
    "wrap": Function(parameters=("x", "format", "rounding"), required=2, lower=_clipped("wrap")),
}
"""Every function that an expression may call."""

CONVERSIONS = frozenset({"round", "saturate", "wrap"})
"""The functions that state the format of their result."""

"""Sorting and medians in the language: numpy's meaning, for elements of one format."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hdlgen import arrays
from hdlgen.builder import GraphBuilder
from hdlgen.call import Call, Value
from hdlgen.limits import MAX_SORTED
from hdlgen.operation import Op

__all__ = ["median", "sort", "stacked"]


def stacked(builder: GraphBuilder, values: Sequence[Value], axis: int) -> Value:
    """Join values along a new axis, and note where their formats differ; constants go with any."""
    node = arrays.stacked(builder, [value.node for value in values], axis)
    nodes = [builder.node(value.node) for value in values]
    formats = tuple(dict.fromkeys(each.format for each in nodes if each.op is not Op.CONSTANT))
    mixed = formats if len(formats) > 1 else ()
    return Value(node=node, truth=all(value.truth for value in values), mixed=mixed)


def _elements(call: Call) -> int:
    """Evaluate the array that is put in order; its elements were of one format from the start."""
    value = call.value("x")
    if value.mixed:
        names = " and ".join(map(str, value.mixed))
        raise ValueError(
            f'{call.name}: elements must have one format, not {names}: write round(..., "q8.4") around them'
        )
    return value.node


def _check_count(call: Call, count: int) -> None:
    if count > MAX_SORTED:
        raise ValueError(f"{call.name}: number of elements in a row must be at most {MAX_SORTED}, not {count}")


def sort(call: Call) -> Value:
    """Sort along an axis, the last one where none is named, smallest first."""
    node = _elements(call)
    at = arrays.positions(call.builder, node)
    axis = call.axis()
    if not at.ndim:
        raise ValueError("sort: x must have at least one axis, not be a single value")
    along = arrays.place(at.shape, -1 if axis is None else axis)
    _check_count(call, at.shape[along])
    rows = call.builder.gather(node, np.moveaxis(at, along, -1))
    made = call.builder.apply(Op.SORT, rows, ranks=tuple(range(at.shape[along])))
    return Value(node=call.builder.gather(made, np.moveaxis(arrays.positions(call.builder, made), -1, along)))


def median(call: Call) -> Value:
    """Give the middle element over axes, or the mean of the middle two, exactly."""
    node, axes = _elements(call), call.axes()
    rows = arrays.rows(call.builder, node, axes)
    count = call.builder.node(rows).shape[-1]
    _check_count(call, count)
    ranks = tuple(range((count - 1) // 2, count // 2 + 1))
    middle = call.builder.apply(Op.SORT, rows, ranks=ranks)
    at = arrays.positions(call.builder, middle)
    result = call.builder.gather(middle, at[..., 0])
    if len(ranks) == 2:
        total = call.builder.apply(Op.ADD, result, call.builder.gather(middle, at[..., 1]))
        result = call.builder.apply(Op.SHIFT, total, amount=-1)
    return Value(node=arrays.reduced(call.builder, node, result, axes, keepdims=call.flag("keepdims")))

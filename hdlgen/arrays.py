"""Arrays: numpy's broadcasting, indexing, reductions and products, made of the operations of a graph."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from hdlgen.builder import GraphBuilder
from hdlgen.conversion import widened
from hdlgen.limits import MAX_ELEMENTS
from hdlgen.number import Format
from hdlgen.operation import Op

__all__ = [
    "correlation",
    "cumulated",
    "dot",
    "elementwise",
    "extreme",
    "matmul",
    "place",
    "positions",
    "reduced",
    "rows",
    "stacked",
    "summed",
]

Positions = np.ndarray[Any, np.dtype[np.int64]]
Axes = tuple[int, ...] | None


def positions(builder: GraphBuilder, node: int) -> Positions:
    """Number the elements of a node in its shape."""
    made = builder.node(node)
    return np.arange(made.elements).reshape(made.shape)


def elementwise(builder: GraphBuilder, op: Op, *nodes: int, stated: Format | None = None, **attributes: Any) -> int:
    """Apply an operation element by element, shapes broadcast as in numpy."""
    shapes = [builder.node(node).shape for node in nodes]
    try:
        shape = np.broadcast_shapes(*shapes)
    except ValueError:
        raise ValueError(f"shapes must broadcast, not {' with '.join(map(str, shapes))}") from None
    _check_size(shape)
    return builder.apply(op, *(builder.broadcast(node, shape) for node in nodes), stated=stated, **attributes)


def place(shape: Sequence[int], axis: int) -> int:
    """Turn an axis, counted from either end, into its place from the front."""
    if not -len(shape) <= axis < len(shape):
        raise ValueError(f"axis must be one of the {len(shape)} of shape {tuple(shape)}, not {axis!r}")
    return axis % len(shape)


def rows(builder: GraphBuilder, node: int, axes: Axes) -> int:
    """Move some axes (all where None) to the end and flatten them into one."""
    shape = builder.node(node).shape
    chosen = tuple(range(len(shape))) if axes is None else tuple(place(shape, axis) for axis in axes)
    if len(set(chosen)) != len(chosen):
        raise ValueError(f"axis must not name an axis twice, not {axes!r}")
    kept = [size for axis, size in enumerate(shape) if axis not in chosen]
    last = range(len(shape) - len(chosen), len(shape))
    moved = np.moveaxis(positions(builder, node), sorted(chosen), tuple(last))
    return builder.gather(node, moved.reshape(*kept, -1))


def reduced(builder: GraphBuilder, node: int, result: int, axes: Axes, *, keepdims: bool) -> int:
    """Give a reduction's result the axes of size 1 that `keepdims` asks for."""
    if not keepdims:
        return result
    shape = builder.node(node).shape
    chosen = range(len(shape)) if axes is None else [place(shape, axis) for axis in axes]
    kept = [1 if axis in chosen else size for axis, size in enumerate(shape)]
    return builder.gather(result, positions(builder, result).reshape(kept))


def summed(builder: GraphBuilder, node: int, axes: Axes) -> int:
    """Sum over axes."""
    return builder.apply(Op.SUM, rows(builder, node, axes))


def extreme(builder: GraphBuilder, op: Op, node: int, axes: Axes) -> int:
    """Take the MIN or MAX over axes, as a tree of the least depth."""
    current = rows(builder, node, axes)
    while (length := builder.node(current).shape[-1]) > 1:
        at = positions(builder, current)
        half = (length + 1) // 2
        # An odd one out meets itself, which costs nothing.
        others = np.concatenate([at[..., half:], at[..., length // 2 : half]], axis=-1)
        current = builder.apply(op, builder.gather(current, at[..., :half]), builder.gather(current, others))
    return builder.gather(current, positions(builder, current)[..., 0])


def cumulated(builder: GraphBuilder, node: int, axis: int | None) -> int:
    """Sum up all elements until each one along an axis, or of the flattened array."""
    shape = builder.node(node).shape
    numbered = positions(builder, node).reshape(-1) if axis is None else positions(builder, node)
    along = 0 if axis is None else place(shape, axis)
    moved = np.moveaxis(numbered, along, 0)
    sums = [builder.gather(node, moved[0])]
    for part in moved[1:]:
        sums.append(builder.apply(Op.ADD, sums[-1], builder.gather(node, part)))
    return stacked(builder, sums, along)


def stacked(builder: GraphBuilder, nodes: Sequence[int], axis: int) -> int:
    """Join arrays of one shape along a new axis, in the one format that holds them all."""
    shapes = [builder.node(node).shape for node in nodes]
    if len(set(shapes)) != 1:
        raise ValueError(f"arrays must have one shape, not {' and '.join(map(str, shapes))}")
    _check_size((len(nodes), *shapes[0]))
    along = place((len(nodes), *shapes[0]), axis)
    numbered = np.arange(len(nodes) * math.prod(shapes[0])).reshape(len(nodes), *shapes[0])
    return builder.stack(widened(builder, list(nodes)), np.moveaxis(numbered, 0, along))


def matmul(builder: GraphBuilder, left: int, right: int) -> int:
    """Multiply matrices as numpy's `@` does."""
    a, b = positions(builder, left), positions(builder, right)
    if not a.ndim or not b.ndim:
        raise ValueError(f"@: both sides must have at least one axis, not shapes {a.shape} and {b.shape}")
    wide_a = a[np.newaxis, :] if a.ndim == 1 else a
    wide_b = b[:, np.newaxis] if b.ndim == 1 else b
    if wide_a.shape[-1] != wide_b.shape[-2]:
        raise ValueError(f"@: inner sizes must be equal, not those of shapes {a.shape} and {b.shape}")
    first, second = wide_a[..., :, np.newaxis, :], np.swapaxes(wide_b, -1, -2)[..., np.newaxis, :, :]
    drop = tuple(axis for axis, flat in ((-2, a.ndim == 1), (-1, b.ndim == 1)) if flat)
    return _sum_of_products(builder, left, first, right, second, drop)


def dot(builder: GraphBuilder, left: int, right: int) -> int:
    """Multiply as `numpy.dot` does: the last axis of the left with the last but one of the right."""
    a, b = positions(builder, left), positions(builder, right)
    if not a.ndim or not b.ndim:
        return elementwise(builder, Op.MUL, left, right)
    second = b if b.ndim == 1 else np.swapaxes(b, -1, -2)
    if a.shape[-1] != second.shape[-1]:
        raise ValueError(f"dot: inner sizes must be equal, not those of shapes {a.shape} and {b.shape}")
    first = a.reshape(*a.shape[:-1], *[1] * (second.ndim - 1), a.shape[-1])
    return _sum_of_products(builder, left, first, right, second, ())


def correlation(builder: GraphBuilder, image: int, kernel: int) -> int:
    """Sum image times kernel at every place where the kernel lies wholly within the image; it is not turned round."""
    a, b = positions(builder, image), positions(builder, kernel)
    if a.ndim != b.ndim or a.ndim not in (1, 2):
        raise ValueError(f"conv: image and kernel must both have 1 or 2 axes, not shapes {a.shape} and {b.shape}")
    if any(small > large for small, large in zip(b.shape, a.shape, strict=True)):
        raise ValueError(f"conv: kernel must lie within the image of shape {a.shape}, not have shape {b.shape}")
    views = sliding_window_view(a, b.shape)
    first = views.reshape(*views.shape[: a.ndim], b.size)
    return _sum_of_products(builder, image, first, kernel, b.reshape(-1), ())


def _sum_of_products(
    builder: GraphBuilder, left: int, first: Positions, right: int, second: Positions, drop: tuple[int, ...]
) -> int:
    """Multiply picked elements of two nodes and sum over the last axis; then drop axes of size 1."""
    try:
        shape = np.broadcast_shapes(first.shape, second.shape)
    except ValueError:
        raise ValueError(f"shapes must broadcast, not {first.shape} with {second.shape}") from None
    _check_size(shape)
    a = builder.gather(left, np.broadcast_to(first, shape))
    b = builder.gather(right, np.broadcast_to(second, shape))
    result = builder.apply(Op.SUM, builder.apply(Op.MUL, a, b))
    return builder.gather(result, np.squeeze(positions(builder, result), axis=drop)) if drop else result


def _check_size(shape: Sequence[int]) -> None:
    if math.prod(shape) > MAX_ELEMENTS:
        raise ValueError(f"an array must have at most {MAX_ELEMENTS} elements, not {math.prod(shape)}")

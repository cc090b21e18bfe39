"""Inference: shape, narrowest exact format and range of every element of an operation's result.

Ranges are followed element by element, so that the constants of a filter give it the width that its taps need.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from hdlgen.limits import MAX_FUNCTION_RESULT_WIDTH, MAX_FUNCTION_WIDTH, MAX_VARIABLE_SHIFT_WIDTH
from hdlgen.number import OVERFLOWS, Format, IntArray, convert, saturate
from hdlgen.operand import Operand, Request, Shape, checked_shape, fitted, full_range, raw_array
from hdlgen.operation import ARITY, ATTRIBUTES, BITWISE, COMPARISONS, ELEMENT_WISE, Op
from hdlgen.reals import ARGUMENTS, divided, tabulated

__all__ = ["Operand", "infer"]


def _source(request: Request) -> Operand:
    return full_range(*request.statement())


def _constant(request: Request) -> Operand:
    values = request.attributes["values"]
    shape = checked_shape(request.op, request.shape)
    if len(values) != math.prod(shape):
        raise ValueError(f"constant: shape {shape} must have {math.prod(shape)} values, not {len(values)}")
    chosen = request.stated or Format.holding(min(values), max(values))
    if not chosen.holds(min(values), max(values)):
        raise ValueError(f"constant: values must lie in {chosen}, not from {min(values)} to {max(values)}")
    return Operand(format=chosen, shape=shape, low=raw_array(values), high=raw_array(values))


def _corners(operands: Sequence[Operand]) -> tuple[int, IntArray, IntArray, IntArray, IntArray]:
    fraction = max(operand.format.fraction for operand in operands)
    (first_low, first_high), (second_low, second_high) = (operand.aligned(fraction) for operand in operands)
    return fraction, first_low, first_high, second_low, second_high


def _additive(request: Request) -> Operand:
    fraction, a_low, a_high, b_low, b_high = _corners(request.operands)
    if request.op is Op.ADD:
        low, high = a_low + b_low, a_high + b_high
    elif request.op is Op.SUB:
        low, high = a_low - b_high, a_high - b_low
    else:
        choose = np.minimum if request.op is Op.MIN else np.maximum
        low, high = choose(a_low, b_low), choose(a_high, b_high)
    return fitted(low, high, fraction, request.operands[0].shape)


def _product(request: Request) -> Operand:
    first, second = request.operands
    products = [a * b for a in (first.low, first.high) for b in (second.low, second.high)]
    low, high = np.minimum.reduce(products), np.maximum.reduce(products)
    if first is second:
        square = np.minimum(first.low * first.low, first.high * first.high)
        low = np.where((first.low <= 0) & (first.high >= 0), 0, square)
    return fitted(low, high, first.format.fraction + second.format.fraction, first.shape)


def _unary(request: Request) -> Operand:
    (operand,) = request.operands
    if request.op is Op.NEG:
        low, high = -operand.high, -operand.low
    elif request.op is Op.INVERT:
        low, high = -operand.high - 1, -operand.low - 1
    else:
        low = np.where((operand.low <= 0) & (operand.high >= 0), 0, np.minimum(abs(operand.low), abs(operand.high)))
        high = np.maximum(abs(operand.low), abs(operand.high))
    return fitted(low, high, operand.format.fraction, operand.shape)


def _bitwise_bounds(op: Op, a: tuple[int, int], b: tuple[int, int]) -> tuple[int, int]:
    if a[0] == a[1] and b[0] == b[1]:
        value = {Op.AND: a[0] & b[0], Op.OR: a[0] | b[0], Op.XOR: a[0] ^ b[0]}[op]
        return value, value
    if op is Op.AND and (a[0] >= 0 or b[0] >= 0):
        return 0, min(high for low, high in (a, b) if low >= 0)
    bits = max(max(~low if low < 0 else 0, high, 0).bit_length() for low, high in (a, b))
    if a[0] >= 0 and b[0] >= 0:
        return (max(a[0], b[0]) if op is Op.OR else 0), (1 << bits) - 1
    return -(1 << bits), -1 if op is Op.OR and (a[1] < 0 or b[1] < 0) else (1 << bits) - 1


def _bitwise(request: Request) -> Operand:
    first, second = request.operands
    pairs = zip(zip(first.low, first.high, strict=True), zip(second.low, second.high, strict=True), strict=True)
    bounds = [_bitwise_bounds(request.op, a, b) for a, b in pairs]
    low, high = raw_array([low for low, _ in bounds]), raw_array([high for _, high in bounds])
    return fitted(low, high, first.format.fraction, first.shape)


def _comparison(request: Request) -> Operand:
    _, a_low, a_high, b_low, b_high = _corners(request.operands)
    equal, apart = (a_low == a_high) & (b_low == b_high) & (a_low == b_low), (a_high < b_low) | (b_high < a_low)
    surely, possibly = {
        Op.EQ: (equal, ~apart),
        Op.NE: (apart, ~equal),
        Op.LT: (a_high < b_low, a_low < b_high),
        Op.LE: (a_high <= b_low, a_low <= b_high),
        Op.GT: (a_low > b_high, a_high > b_low),
        Op.GE: (a_low >= b_high, a_high >= b_low),
    }[request.op]
    low, high = np.where(surely, 1, 0).astype(object), np.where(possibly, 1, 0).astype(object)
    return Operand(format=Format(width=1, signed=False), shape=request.operands[0].shape, low=low, high=high)


def _select(request: Request) -> Operand:
    condition, *choices = request.operands
    if condition.format != Format(width=1, signed=False):
        raise ValueError(f"select: condition must have format u1, not {condition.format}")
    fraction, a_low, a_high, b_low, b_high = _corners(choices)
    always, never = condition.low == 1, condition.high == 0
    low = np.where(always, a_low, np.where(never, b_low, np.minimum(a_low, b_low)))
    high = np.where(always, a_high, np.where(never, b_high, np.maximum(a_high, b_high)))
    return fitted(low, high, fraction, condition.shape)


def _shift(request: Request) -> Operand:
    (operand,), amount = request.operands, request.attributes["amount"]
    fraction, left = max(operand.format.fraction - amount, 0), max(amount - operand.format.fraction, 0)
    Format(width=1 + left, fraction=fraction)  # refuses an amount that is out of all proportion before it is shifted by
    return fitted(operand.low << left, operand.high << left, fraction, operand.shape)


def _variable_shift(request: Request) -> Operand:
    operand, amount = request.operands
    if amount.format.signed or amount.format.fraction:
        raise ValueError(f"{request.op.value}: amount must be an unsigned integer, not of format {amount.format}")
    largest = amount.range[1]
    if operand.format.width + largest > 2 * MAX_VARIABLE_SHIFT_WIDTH:
        width = operand.format.width + largest
        raise ValueError(f"{request.op.value}: result must have at most {MAX_VARIABLE_SHIFT_WIDTH} bits, not {width}")
    fraction, least, most = operand.format.fraction, amount.low, amount.high
    if request.op is Op.SHIFT_RIGHT:
        # The node may state a larger fraction: a rewritten graph may know a smaller amount than it was made with.
        stated = 0 if request.stated is None else request.stated.fraction - fraction
        grown = max(largest, stated)
        fraction, least, most = fraction + grown, grown - amount.high, grown - amount.low
    low = np.minimum(operand.low << least, operand.low << most)
    high = np.maximum(operand.high << least, operand.high << most)
    result = fitted(low, high, fraction, operand.shape)
    if result.format.width > MAX_VARIABLE_SHIFT_WIDTH:
        width = result.format.width
        raise ValueError(f"{request.op.value}: result must have at most {MAX_VARIABLE_SHIFT_WIDTH} bits, not {width}")
    return result


def _convert(request: Request) -> Operand:
    target, shape = request.statement()
    (operand,), rounding, overflow = request.operands, request.attributes["rounding"], request.attributes["overflow"]
    if overflow not in OVERFLOWS:
        raise ValueError(f"convert: overflow must be one of {', '.join(OVERFLOWS)}, not {overflow!r}")
    # Rounding is monotone, so the bounds round to bounds; a format that is surely wide enough keeps them unclipped.
    reach = max(abs(int(bound)).bit_length() for bound in operand.range)
    spread = 2 + reach + max(target.fraction - operand.format.fraction, 0)
    roomy = Format(width=max(spread, target.width), fraction=target.fraction)
    low = convert(operand.low, operand.format, roomy, rounding=rounding, overflow="wrap")
    high = convert(operand.high, operand.format, roomy, rounding=rounding, overflow="wrap")
    if overflow == "saturate":
        low, high = saturate(low, target), saturate(high, target)
    else:
        turns = (low - target.low) >> target.width
        across = turns != (high - target.low) >> target.width
        low = np.where(across, target.low, low - (turns << target.width))
        high = np.where(across, target.high, high - (turns << target.width))
    return Operand(format=target, shape=shape, low=low, high=high)


def _reinterpret(request: Request) -> Operand:
    target, shape = request.statement()
    (operand,), lowest = request.operands, request.attributes["low"]
    if not 0 <= lowest <= lowest + target.width <= operand.format.width:
        highest = lowest + target.width - 1
        raise ValueError(
            f"reinterpret: bits must lie in the argument's {operand.format.width}, not at {lowest} to {highest}"
        )
    # Dropping low bits is monotone; the pattern is the number itself as long as the bounds lie in the format.
    low, high = operand.low >> lowest, operand.high >> lowest
    inside = (low >= target.low) & (high <= target.high)
    low, high = np.where(inside, low, target.low), np.where(inside, high, target.high)
    return Operand(format=target, shape=shape, low=low, high=high)


def _join_bits(request: Request) -> Operand:
    low = high = raw_array([0] * len(request.operands[0].low))
    width = 0
    for operand in request.operands:
        bits = operand.format.width
        same = (operand.low >= 0) == (operand.high >= 0)  # within one sign the pattern grows with the number
        mask = (1 << bits) - 1
        low = (low << bits) | np.where(same, operand.low & mask, 0)
        high = (high << bits) | np.where(same, operand.high & mask, mask)
        width += bits
    return Operand(format=Format(width=width, signed=False), shape=request.operands[0].shape, low=low, high=high)


def _gather(request: Request) -> Operand:
    indices, shape = request.attributes["indices"], checked_shape(request.op, request.shape)
    formats = {operand.format for operand in request.operands}
    if len(indices) != math.prod(shape):
        raise ValueError(f"gather: shape {shape} must have {math.prod(shape)} indices, not {len(indices)}")
    if len(formats) > 1:
        raise ValueError(f"gather: arguments must have one format, not {', '.join(sorted(map(str, formats)))}")
    for argument, element in indices:
        if not (0 <= argument < len(request.operands) and 0 <= element < len(request.operands[argument].low)):
            raise ValueError(f"gather: index must name an element of an argument, not {(argument, element)!r}")
    low = raw_array([request.operands[argument].low[element] for argument, element in indices])
    high = raw_array([request.operands[argument].high[element] for argument, element in indices])
    return Operand(format=formats.pop(), shape=shape, low=low, high=high)


def _reduction(request: Request) -> Operand:
    (operand,) = request.operands
    if not operand.shape:
        raise ValueError(f"{request.op.value}: argument must have at least one axis, not shape ()")
    *rest, length = operand.shape
    shape = tuple(rest)
    if request.op is Op.SUM:
        low, high = (bound.reshape(-1, length).sum(axis=1) for bound in (operand.low, operand.high))
        return fitted(raw_array(low), raw_array(high), operand.format.fraction, shape)
    count = math.prod(shape)
    return fitted(raw_array([0] * count), raw_array([length - 1] * count), 0, shape)


def _sort(request: Request) -> Operand:
    (operand,), ranks = request.operands, request.attributes["ranks"]
    if not operand.shape:
        raise ValueError("sort: argument must have at least one axis, not shape ()")
    *rest, length = operand.shape
    if not ranks or list(ranks) != sorted(set(ranks)) or not 0 <= ranks[0] <= ranks[-1] < length:
        raise ValueError(f"sort: ranks must rise within 0 to {length - 1}, not be {ranks!r}")
    # The value of a rank grows with every element, so its bounds are those of the bounds.
    low, high = (
        np.sort(bound.reshape(-1, length), axis=1)[:, list(ranks)].reshape(-1) for bound in (operand.low, operand.high)
    )
    return fitted(low, high, operand.format.fraction, (*rest, len(ranks)))


def _popcount(request: Request) -> Operand:
    (operand,) = request.operands
    width = operand.format.width
    low, high = [], []
    for least, most in zip(operand.low, operand.high, strict=True):
        point = (least & ((1 << width) - 1)).bit_count()
        low.append(point if least == most else int(least > 0 or most < 0))
        high.append(point if least == most else (most.bit_length() if least >= 0 else width))
    return fitted(raw_array(low), raw_array(high), 0, operand.shape)


def _function(request: Request) -> Operand:
    target, shape = request.statement()
    name = request.attributes["function"]
    if name not in ARGUMENTS:
        raise ValueError(f"function: name must be one of {', '.join(ARGUMENTS)}, not {name!r}")
    if len(request.operands) != ARGUMENTS[name]:
        raise ValueError(f"{name}: number of arguments must be {ARGUMENTS[name]}, not {len(request.operands)}")
    most = MAX_FUNCTION_WIDTH if ARGUMENTS[name] == 1 else MAX_FUNCTION_RESULT_WIDTH
    for operand in request.operands:
        if operand.format.width > most:
            raise ValueError(
                f"{name}: argument must have at most {most} bits, not the {operand.format.width} of {operand.format}"
            )
    if target.width > MAX_FUNCTION_RESULT_WIDTH:
        raise ValueError(f"{name}: format must have at most {MAX_FUNCTION_RESULT_WIDTH} bits, not be {target}")
    if ARGUMENTS[name] > 1:
        formats = (request.operands[0].format, request.operands[1].format)
        known = all(bool((operand.low == operand.high).all()) for operand in request.operands)
        if not known:
            return full_range(target, shape)
        value = raw_array(divided(request.operands[0].low, request.operands[1].low, formats, target).tolist())
        return Operand(format=target, shape=shape, low=value, high=value)
    (operand,) = request.operands
    results = tabulated(name, operand.format, target)
    slices = [
        results[low - operand.format.low : high - operand.format.low + 1]
        for low, high in zip(operand.low.tolist(), operand.high.tolist(), strict=True)
    ]
    low, high = raw_array([int(part.min()) for part in slices]), raw_array([int(part.max()) for part in slices])
    return Operand(format=target, shape=shape, low=low, high=high)


_RULES: Mapping[Op, Callable[[Request], Operand]] = {
    **dict.fromkeys((Op.INPUT, Op.STATE), _source),
    Op.CONSTANT: _constant,
    **dict.fromkeys((Op.ADD, Op.SUB, Op.MIN, Op.MAX), _additive),
    Op.MUL: _product,
    **dict.fromkeys((Op.NEG, Op.ABS, Op.INVERT), _unary),
    **dict.fromkeys((Op.AND, Op.OR, Op.XOR), _bitwise),
    **dict.fromkeys(sorted(COMPARISONS), _comparison),
    Op.SELECT: _select,
    Op.SHIFT: _shift,
    **dict.fromkeys((Op.SHIFT_LEFT, Op.SHIFT_RIGHT), _variable_shift),
    Op.CONVERT: _convert,
    Op.REINTERPRET: _reinterpret,
    Op.JOIN_BITS: _join_bits,
    Op.GATHER: _gather,
    **dict.fromkeys((Op.SUM, Op.ARGMAX, Op.ARGMIN), _reduction),
    Op.SORT: _sort,
    Op.POPCOUNT: _popcount,
    Op.FUNCTION: _function,
}


def infer(
    op: Op,
    operands: Sequence[Operand],
    attributes: Mapping[str, Any],
    *,
    stated: Format | None = None,
    shape: Shape | None = None,
) -> Operand:
    """Infer shape, narrowest exact format and element ranges of an operation's result.

    Args:
        op, operands, attributes: the operation; the same `Operand` twice is known to be the same value.
        stated: the format, for INPUT, STATE, CONVERT, REINTERPRET and FUNCTION; for CONSTANT and SHIFT_RIGHT optional.
        shape: for INPUT, STATE, CONSTANT and GATHER the shape.
    Raises: ValueError where arguments, attributes, shapes or formats break the rule of the operation.
    """
    arity = ARITY[op]
    if len(operands) != arity and (arity is not None or not operands):
        raise ValueError(
            f"{op.value}: number of arguments must be {'at least 1' if arity is None else arity}, not {len(operands)}"
        )
    if tuple(sorted(attributes)) != ATTRIBUTES.get(op, ()):
        raise ValueError(f"{op.value}: attributes must be {ATTRIBUTES.get(op, ())}, not {tuple(sorted(attributes))}")
    if op in ELEMENT_WISE and len({operand.shape for operand in operands}) > 1:
        raise ValueError(f"{op.value}: arguments must have one shape, not {[operand.shape for operand in operands]}")
    if op in BITWISE and len({operand.format.fraction for operand in operands}) > 1:
        fractions = [operand.format.fraction for operand in operands]
        raise ValueError(f"{op.value}: arguments must have one fraction, not {fractions}")
    return _RULES[op](Request(op=op, operands=operands, attributes=attributes, stated=stated, shape=shape))

"""Error bounds: how far the errors of functions can carry each value of a graph from the golden model's.

Bounds are in units of the last place of each node, and hold on every input: rounding two values that lie d apart gives
results that lie at most ceil(d) apart, and what a function makes of a wrong argument is looked up on all arguments.
Where a bound cannot be told it is infinite.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from hdlgen.graph import Graph, Node
from hdlgen.inference import Operand
from hdlgen.operation import COMPARISONS, Op
from hdlgen.reals import ARGUMENTS, tabulated

__all__ = ["error_bounds", "output_bound"]

_ROUNDS = 4
"""How often errors may go round a feedback loop before they are taken to grow for ever."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Call:
    """A node with its arguments' bounds and operands."""

    node: Node
    errors: Sequence[float]
    operands: Sequence[Operand]
    own: float

    def aligned(self, start: int = 0) -> list[float]:
        """Give the arguments' errors in the node's own units."""
        pairs = zip(self.errors[start:], self.operands[start:], strict=True)
        return [error * 2.0 ** (self.node.format.fraction - operand.format.fraction) for error, operand in pairs]


def _largest(call: _Call) -> float:
    return max(call.aligned())


def _total(call: _Call) -> float:
    return sum(call.aligned())


def _product(call: _Call) -> float:
    (a, b), (first, second) = call.errors, (max(map(abs, operand.range)) for operand in call.operands)
    return (first * b if b else 0) + (second * a if a else 0) + a * b


def _sum(call: _Call) -> float:
    return call.errors[0] * call.operands[0].shape[-1]


def _select(call: _Call) -> float:
    return math.inf if call.errors[0] else max(call.aligned(1))


def _convert(call: _Call) -> float:
    target, source = call.node.format, call.operands[0]
    error = float(math.ceil(call.aligned()[0])) if math.isfinite(call.errors[0]) else math.inf
    if call.node.attribute("overflow") == "saturate" or not error:
        return error
    if not math.isfinite(error):
        return math.inf
    unit = 2.0 ** (target.fraction - source.format.fraction)
    low, high = (bound * unit for bound in source.range)
    return error if target.low <= low - error - 1 and high + error + 1 <= target.high else math.inf


def _exact_only(call: _Call) -> float:
    return math.inf if any(call.errors) else 0.0


def _comparison(call: _Call) -> float:
    return float(any(call.errors))


def _function(call: _Call) -> float:
    name = call.node.attribute("function")
    if not any(call.errors):
        return call.own
    if not all(map(math.isfinite, call.errors)):
        return math.inf
    if ARGUMENTS[name] > 1:
        return _quotient(call)
    (operand,) = call.operands
    reach = math.ceil(call.errors[0])
    exact = tabulated(name, operand.format, call.node.format)
    low, high = (bound - operand.format.low for bound in operand.range)
    window = exact[max(low - reach, 0) : high + reach + 1]
    if reach >= len(window):
        return float(window.max() - window.min()) + call.own
    apart = max(int(np.abs(window[step:] - window[:-step]).max()) for step in range(1, reach + 1))
    return float(apart) + call.own


def _quotient(call: _Call) -> float:
    """Bound the error of a quotient by those of its arguments, for divisors that keep away from 0."""
    (a, b), (top, bottom) = call.errors, call.operands
    least = min(map(abs, bottom.range)) if bottom.range[0] > 0 or bottom.range[1] < 0 else 0
    if least - b <= 0:
        return math.inf
    unit = 2.0 ** (call.node.format.fraction + bottom.format.fraction - top.format.fraction)
    largest = max(map(abs, top.range))
    return float(math.ceil((a + largest * b / least) / (least - b) * unit)) + call.own


def _shift(call: _Call) -> float:
    """Give the error of a shift by a constant: its units move with it."""
    grown = call.node.attribute("amount") + call.node.format.fraction - call.operands[0].format.fraction
    return float(call.errors[0] * 2.0**grown)


_RULES: Mapping[Op, Callable[[_Call], float]] = {
    **dict.fromkeys((Op.INPUT, Op.CONSTANT), lambda call: 0.0),
    **dict.fromkeys((Op.ADD, Op.SUB), _total),
    **dict.fromkeys((Op.NEG, Op.ABS, Op.INVERT, Op.MIN, Op.MAX, Op.SORT, Op.GATHER), _largest),
    Op.MUL: _product,
    Op.SUM: _sum,
    Op.SELECT: _select,
    Op.CONVERT: _convert,
    Op.FUNCTION: _function,
    Op.SHIFT: _shift,
    **dict.fromkeys(sorted(COMPARISONS), _comparison),
}


def error_bounds(graph: Graph, own: Mapping[int, float]) -> list[float]:
    """Bound the error of every node, in units of its last place.

    Args:
        graph: a verified graph.
        own: for each function node how far its result may lie from the rounded one for the argument that it is given.
    """
    operands = graph.operands()
    sources = {state.node: state.next for state in graph.states}
    found = [0.0] * len(graph.nodes)
    for round_ in range(_ROUNDS + 1):
        before = list(found)
        for number, node in enumerate(graph.nodes):
            if number in sources:
                error = before[sources[number]]
                found[number] = math.inf if round_ == _ROUNDS and error != before[number] else error
                continue
            call = _Call(
                node=node,
                errors=[found[arg] for arg in node.args],
                operands=[operands[arg] for arg in node.args],
                own=own.get(number, 0.0),
            )
            found[number] = _RULES.get(node.op, _exact_only)(call)
        if found == before:
            break
    return found


def output_bound(graph: Graph, own: Mapping[int, float]) -> float:
    """Bound the error of the outputs: the largest, each in units of its own last place."""
    bounds = error_bounds(graph, own)
    return max((bounds[number] for _, number in graph.outputs), default=0.0)

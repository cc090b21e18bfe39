"""Expressions: the syntax tree of a compute line becomes nodes of a graph, with numpy's meaning and exact formats.

Numbers are exact: integers are fixed-point numbers without a fraction, formats grow so that nothing overflows, and `>>`
and `/` (by a power of two) move the binary point; only `round`, `saturate`, `wrap` and an output's format drop bits.
`& | ^ ~` work on two's complement bits as on Python's integers, so `~x` is `-x - 1`; of a truth value `~` is the other.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from fractions import Fraction
from typing import Protocol

import numpy as np

from hdlgen import arrays
from hdlgen.builder import GraphBuilder
from hdlgen.call import Value, bind
from hdlgen.errors import nearest
from hdlgen.functions import FUNCTIONS
from hdlgen.limits import MAX_LITERAL_FRACTION, MAX_WIDTH
from hdlgen.operation import Op
from hdlgen.ordering import stacked
from hdlgen.syntax import shown

__all__ = ["ExpressionEvaluator", "Scope"]

_OPERATORS: Mapping[type[ast.operator], Op] = {
    ast.Add: Op.ADD,
    ast.Sub: Op.SUB,
    ast.Mult: Op.MUL,
    ast.BitAnd: Op.AND,
    ast.BitOr: Op.OR,
    ast.BitXor: Op.XOR,
}
_COMPARISONS: Mapping[type[ast.cmpop], Op] = {
    ast.Eq: Op.EQ,
    ast.NotEq: Op.NE,
    ast.Lt: Op.LT,
    ast.LtE: Op.LE,
    ast.Gt: Op.GT,
    ast.GtE: Op.GE,
}


class Scope(Protocol):
    """Whoever knows the names of a spec and what they were one token ago."""

    def lookup(self, name: str) -> Value:
        """Give the value of a name; ValueError for an unknown one."""

    def previous(self, tree: ast.expr, initial: ast.expr | None) -> Value:
        """Give what an expression was one token ago."""


class ExpressionEvaluator:
    """Turn expressions into nodes of one builder; names come from a scope.

    Raises: ValueError from every method where the expression breaks a rule of the language.
    """

    def __init__(self, builder: GraphBuilder, scope: Scope) -> None:
        self.builder = builder
        self._scope = scope

    def previous(self, tree: ast.expr, initial: ast.expr | None) -> Value:
        """Give what an expression was one token ago."""
        return self._scope.previous(tree, initial)

    def value(self, tree: ast.expr, *, fine: bool = False) -> Value:
        """Evaluate an expression; `fine` allows a written number any fraction."""
        if isinstance(tree, ast.Constant):
            return self._number(tree, fine)
        if isinstance(tree, ast.UnaryOp):
            return self._unary(tree, fine)
        if isinstance(tree, ast.BinOp):
            return self._binary(tree)
        if isinstance(tree, ast.Compare):
            return self._compare(tree)
        if isinstance(tree, ast.Name):
            return self._name(tree)
        if isinstance(tree, ast.Subscript):
            return self._subscript(tree)
        if isinstance(tree, ast.Call):
            return self._call(tree)
        if isinstance(tree, ast.Attribute):  # .T, the only one that the syntax allows
            value = self.value(tree.value)
            turned = arrays.positions(self.builder, value.node).transpose()
            return Value(node=self.builder.gather(value.node, turned), truth=value.truth)
        if isinstance(tree, ast.List) and tree.elts:
            return stacked(self.builder, [self.value(part) for part in tree.elts], 0)
        raise ValueError(f"value must be a number or an array, not {shown(tree)}")

    def integer(self, tree: ast.expr, what: str) -> int:
        """Evaluate an expression that must be a constant integer; `what` begins the message where it is not."""
        node = self.builder.node(self.value(tree).node)
        if node.op is not Op.CONSTANT or node.shape or node.format.fraction:
            raise ValueError(f"{what} must be a constant integer, not {shown(tree)}")
        return int(node.attribute("values")[0])

    def _number(self, tree: ast.Constant, fine: bool) -> Value:
        if isinstance(tree.value, str):
            raise ValueError(f"value must be a number or an array, not the text {tree.value!r}")
        if isinstance(tree.value, bool):
            return Value(node=self.builder.constant(int(tree.value)), truth=True)
        if not isinstance(tree.value, int | float) or tree.value in (float("inf"), float("-inf")):
            raise ValueError(f"number must be finite, not {tree.value!r}")
        exact = Fraction(tree.value)
        fraction = exact.denominator.bit_length() - 1
        if fraction > (MAX_WIDTH if fine else MAX_LITERAL_FRACTION):
            raise ValueError(
                f"number must have at most {MAX_LITERAL_FRACTION} fraction bits, not as many as {tree.value!r}:"
                f' write round({tree.value!r}, "q2.14") or give it in [constants]'
            )
        return Value(node=self.builder.constant(exact.numerator, fraction=fraction), bare=True)

    def _unary(self, tree: ast.UnaryOp, fine: bool) -> Value:
        value = self.value(tree.operand, fine=fine)
        if isinstance(tree.op, ast.UAdd):
            return value
        if isinstance(tree.op, ast.USub):
            return Value(node=self.builder.apply(Op.NEG, value.node), bare=value.bare)
        if value.truth:
            other = arrays.elementwise(self.builder, Op.XOR, value.node, self.builder.constant(1))
            return Value(node=other, truth=True)
        return Value(node=self.builder.apply(Op.INVERT, value.node), bare=value.bare)

    def _binary(self, tree: ast.BinOp) -> Value:
        kind = type(tree.op)
        if kind is ast.Pow:
            raise ValueError("must not use `**`: it is not part of the language; write x * x")
        left, right = self.value(tree.left), self.value(tree.right)
        if kind in (ast.Div, ast.FloorDiv, ast.Mod):
            return self._divide(tree, left, right)
        if kind in (ast.LShift, ast.RShift):
            return Value(node=self._shift(tree, left.node, right.node))
        if kind is ast.MatMult:
            return Value(node=arrays.matmul(self.builder, left.node, right.node))
        op = _OPERATORS[kind]
        truth = left.truth and right.truth and op in (Op.AND, Op.OR, Op.XOR)
        node = arrays.elementwise(self.builder, op, left.node, right.node)
        return Value(node=node, truth=truth, bare=left.bare and right.bare)

    def _divide(self, tree: ast.BinOp, left: Value, right: Value) -> Value:
        divisor = self.builder.node(right.node)
        values = divisor.attribute("values") if divisor.op is Op.CONSTANT else ()
        if 0 in values:
            raise ValueError(f"{shown(tree)} must not be a division by a constant zero")
        if not isinstance(tree.op, ast.Div):
            sign = "//" if isinstance(tree.op, ast.FloorDiv) else "%"
            raise ValueError(
                f'must not use `{sign}`: it is not part of the language; write round(x / 4, "i8", "floor") or x & 3'
            )
        if not values or any(abs(raw) & (abs(raw) - 1) for raw in values):
            raise ValueError(f"{shown(tree)} must divide by a constant power of two")
        # 1 / (raw * 2**-f) is a power of two again; all of them with the fraction that the largest divisor needs.
        fraction = max(0, max(abs(raw).bit_length() for raw in values) - 1 - divisor.format.fraction)
        inverse = [
            (1 if raw > 0 else -1) << (fraction + divisor.format.fraction - abs(raw).bit_length() + 1) for raw in values
        ]
        factor = self.builder.constant(np.array(inverse, dtype=object).reshape(divisor.shape), fraction=fraction)
        return Value(node=self._scaled(left.node, factor), bare=left.bare and right.bare)

    def _scaled(self, node: int, factor: int) -> int:
        """Multiply by powers of two; by a single positive one that is a shift."""
        constant = self.builder.node(factor)
        raw = constant.attribute("values")
        if len(raw) == 1 and raw[0] > 0 and not constant.shape:
            return self.builder.apply(Op.SHIFT, node, amount=raw[0].bit_length() - 1 - constant.format.fraction)
        return arrays.elementwise(self.builder, Op.MUL, node, factor)

    def _shift(self, tree: ast.BinOp, node: int, amount: int) -> int:
        given, left = self.builder.node(amount), isinstance(tree.op, ast.LShift)
        if given.op is not Op.CONSTANT:
            return arrays.elementwise(self.builder, Op.SHIFT_LEFT if left else Op.SHIFT_RIGHT, node, amount)
        values = given.attribute("values")
        if given.format.fraction or not 0 <= min(values) <= max(values) <= MAX_WIDTH:
            raise ValueError(f"{shown(tree)} must shift by an integer from 0 to {MAX_WIDTH}")
        fraction = 0 if left else max(values)
        powers = [1 << (places if left else fraction - places) for places in values]
        factor = self.builder.constant(np.array(powers, dtype=object).reshape(given.shape), fraction=fraction)
        return self._scaled(node, factor)

    def _compare(self, tree: ast.Compare) -> Value:
        if len(tree.ops) > 1:
            raise ValueError(f"{shown(tree)} must be written with one comparison each, as in (a < b) & (b < c)")
        left, right = self.value(tree.left), self.value(tree.comparators[0])
        op = _COMPARISONS[type(tree.ops[0])]
        return Value(node=arrays.elementwise(self.builder, op, left.node, right.node), truth=True)

    def _name(self, tree: ast.Name) -> Value:
        if tree.id in FUNCTIONS:
            raise ValueError(f"{tree.id} must be called, as in {FUNCTIONS[tree.id].usage(tree.id)}")
        return self._scope.lookup(tree.id)

    def _call(self, tree: ast.Call) -> Value:
        if not isinstance(tree.func, ast.Name):
            raise ValueError(f"{shown(tree.func)} must be the name of a function to be called")
        name = tree.func.id
        if name not in FUNCTIONS:
            raise ValueError(f"function must be one of the language, not {name!r}{nearest(name, FUNCTIONS)}")
        return FUNCTIONS[name].lower(bind(name, FUNCTIONS[name], tree, self))

    def _subscript(self, tree: ast.Subscript) -> Value:
        value = self.value(tree.value)
        at = arrays.positions(self.builder, value.node)
        parts = tree.slice.elts if isinstance(tree.slice, ast.Tuple) else [tree.slice]
        if len(parts) > at.ndim:
            raise ValueError(f"{shown(tree)} must have at most {at.ndim} indices for shape {at.shape}")
        index = tuple(self._index(part, size) for part, size in zip(parts, at.shape, strict=False))
        picked = np.asarray(at[index])
        if not picked.size:
            raise ValueError(f"{shown(tree)} must pick at least one element of shape {at.shape}")
        return Value(node=self.builder.gather(value.node, picked), truth=value.truth)

    def _index(self, tree: ast.expr, size: int) -> int | slice:
        if isinstance(tree, ast.Slice):
            bounds = [
                None if part is None else self.integer(part, "slice") for part in (tree.lower, tree.upper, tree.step)
            ]
            if bounds[2] == 0:
                raise ValueError("slice: step must not be 0")
            return slice(*bounds)
        index = self.integer(tree, "index")
        if not -size <= index < size:
            raise ValueError(f"index must be {-size} to {size - 1}, not {index}")
        return index

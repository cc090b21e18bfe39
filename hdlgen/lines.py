"""Lines: one attempt to turn the lines of a compute section into a graph."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from hdlgen.builder import GraphBuilder
from hdlgen.call import Value
from hdlgen.conversion import FORBID, joined, stated
from hdlgen.elementary import with_format
from hdlgen.errors import SpecError, nearest
from hdlgen.expression import ExpressionEvaluator
from hdlgen.graph import Graph
from hdlgen.line_order import used_names
from hdlgen.number import Format, IntArray
from hdlgen.operation import Op
from hdlgen.sources import Sources, stated_format
from hdlgen.syntax import shown

__all__ = ["Lines"]

Shape = tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Feedback:
    """A state that waits for the value that it takes over, evaluated when every line is known."""

    line: str
    tree: ast.expr
    state: int


class Lines:
    """One attempt to compile lines, with a guess of the shapes of feedback values; the scope of their names.

    Args:
        sources: what is compiled.
        order: of the lines, each after those that it uses now.
        shapes: guesses, by a key of each feedback value; `found` holds what they should have been.
    """

    def __init__(
        self,
        sources: Sources,
        order: Sequence[str],
        shapes: Mapping[str, Shape],
    ) -> None:
        self._sources, self._order = sources, order
        self._shapes = shapes
        self.found: dict[str, Shape] = {}
        self._builder = GraphBuilder()
        self._evaluator = ExpressionEvaluator(self._builder, self)
        self._known: dict[str, Value] = {}
        self._line = ""
        self._states: dict[str, _Feedback] = {}
        self._guessed: list[str] = []

    def compile(self) -> Graph | None:
        """Give the graph, or None where the shape of a feedback value was guessed wrongly (see `found`)."""
        for port in self._sources.inputs:
            self._known[port.name] = Value(node=self._builder.input(port.name, port.format, port.shape))
        for constant in self._sources.constants:
            self._known[constant.name] = Value(node=self._builder.constant(constant.raw, stated=constant.format))
        for name in self._order:
            self._line = name
            self._known[name] = self._defined(name)
        if not self._connected():
            return None
        for name in self._sources.outputs:
            self._builder.output(name, self._known[name].node)
        try:
            return self._builder.graph()
        except ValueError as error:
            raise SpecError(f"{self._sources.where}: compute: {error}") from error

    def lookup(self, name: str) -> Value:
        """Give the value of a name."""
        if name not in self._known:
            valid = [*self._known, *self._sources.trees]
            raise ValueError(f"name must be an input, a constant or a line, not {name!r}{nearest(name, valid)}")
        return self._known[name]

    def previous(self, tree: ast.expr, initial: ast.expr | None) -> Value:
        """Give what an expression was one token ago: a delay, or feedback where its value is not known yet."""
        start = None if initial is None else self._evaluator.value(initial)
        if start is not None and self._builder.node(start.node).op is not Op.CONSTANT:
            raise ValueError(f"previous: initial must be constant, not {shown(initial)}")  # type: ignore[arg-type]
        unknown = used_names(tree, past=False) - self._known.keys()
        for name in sorted(unknown - self._sources.trees.keys()):
            self.lookup(name)
        if not unknown:
            value = self._evaluator.value(tree)
            truth = value.truth and (start is None or start.truth)
            return Value(node=self._delayed(value.node, None if start is None else start.node), truth=truth)
        return Value(node=self._feedback(tree, initial, None if start is None else start.node))

    def _defined(self, name: str) -> Value:
        where = f"{self._sources.where}: compute.{name}"
        output = self._sources.outputs.get(name)
        tree = self._sources.trees[name]
        if output is not None and output.format is not None and output.rounds_like_a_function:
            tree = with_format(tree, output.format)
        try:
            value = self._evaluator.value(tree)
        except ValueError as error:
            hint = f" ({', '.join(self._guessed)}, until a shape is stated)" if self._guessed else ""
            raise SpecError(f"{where}: {error}{hint}") from error
        if output is None:
            return value
        where = f"{self._sources.where}: outputs.{name}"
        shape = self._builder.node(value.node).shape
        if output.shape is not None and output.shape != shape:
            raise SpecError(f"{where}.shape must be {list(shape)} as computed, not {list(output.shape)}")
        if output.format is None:
            return value
        try:
            node = stated(self._builder, value.node, output.format, rounding=output.rounding, overflow=output.overflow)
        except ValueError as error:
            raise SpecError(f"{where}: {error}") from error
        return Value(node=node, truth=value.truth and node == value.node)

    def _delayed(self, node: int, start: int | None) -> int:
        """Delay a node; its format grows where it does not hold the initial value."""
        if start is None:
            return self._builder.delay(node)
        made = self._builder.node(node)
        target = (
            made.format
            if _exact(self._builder, start, made.format) is not None
            else joined(self._builder, [node, start])
        )
        wide = stated(self._builder, node, target, rounding=None, overflow=FORBID)
        return self._builder.delay(wide, self._initial(start, target, made.shape))

    def _initial(self, start: int, target: Format, shape: Shape) -> tuple[int, ...]:
        """Give an initial value as raw integers of a format, one an element of a shape."""
        raw = _exact(self._builder, start, target)
        if raw is None:
            raise ValueError(f"previous: initial must be a value of {target}")
        try:
            return tuple(np.broadcast_to(raw, shape).reshape(-1).tolist())
        except ValueError:
            raise ValueError(f"previous: initial must broadcast to shape {shape}, not have shape {raw.shape}") from None

    def _feedback(self, tree: ast.expr, initial: ast.expr | None, start: int | None) -> int:
        key = f"{ast.dump(tree)} {'' if initial is None else ast.dump(initial)}"
        if key in self._states:
            return self._states[key].state
        target = stated_format(tree, self._sources)
        if target is None:
            text = shown(tree)
            raise ValueError(
                f"previous({text}): format of a feedback value must be stated by the format of an output,"
                f" or by round, saturate or wrap around {text}"
            )
        shape, guessed = self._shapes.get(key), False
        if shape is None:
            output = self._sources.outputs.get(tree.id) if isinstance(tree, ast.Name) else None
            shape = output.shape if output is not None and output.shape is not None else ()
            if start is not None and not shape:
                shape = self._builder.node(start).shape
            guessed = not shape
        first = None if start is None else self._initial(start, target, shape)
        state = self._builder.state(target, shape, first)
        self._guessed += [f"previous({shown(tree)}) is taken as a scalar"] if guessed else []
        self._states[key] = _Feedback(line=self._line, tree=tree, state=state)
        return state

    def _connected(self) -> bool:
        """Evaluate what the feedback states take over; tell whether every shape was guessed rightly."""
        right = True
        waiting = list(self._states)
        for key in waiting:
            feedback = self._states[key]
            self._line = feedback.line
            try:
                node = self._evaluator.value(feedback.tree).node
            except ValueError as error:
                raise SpecError(f"{self._sources.where}: compute.{feedback.line}: {error}") from error
            self.found[key] = self._builder.node(node).shape
            right = right and self.found[key] == self._builder.node(feedback.state).shape
            if right:
                self._builder.connect(feedback.state, node)
            waiting += [key for key in self._states if key not in waiting]  # an expression may hold a previous itself
        return right


def _exact(builder: GraphBuilder, constant: int, target: Format) -> IntArray | None:
    """Give a constant as raw integers of a format in its shape; None where the format does not hold it exactly."""
    operand = builder.operand(constant)
    dropped = max(operand.format.fraction - target.fraction, 0)
    raw = operand.low << max(target.fraction - operand.format.fraction, 0)
    if (raw & ((1 << dropped) - 1)).any() or not target.holds(int(raw.min()) >> dropped, int(raw.max()) >> dropped):
        return None
    return np.asarray((raw >> dropped).reshape(operand.shape))

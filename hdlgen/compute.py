"""The compute section: named lines, in any order, become one graph.

A line may use others by name; only `previous` may lead back to a line that depends on it. The format of such a feedback
value has to be stated, since what it grows by would grow with every token.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence

from hdlgen.errors import SpecError, nearest
from hdlgen.graph import Graph
from hdlgen.line_order import ordered
from hdlgen.lines import Lines
from hdlgen.payload import Port
from hdlgen.sources import Constant, Output, Sources, stated_format
from hdlgen.syntax import parse

__all__ = ["Constant", "Output", "compile_graph"]


def compile_graph(
    *,
    inputs: Sequence[Port],
    constants: Sequence[Constant],
    outputs: Sequence[Output],
    lines: Mapping[str, str],
    where: str,
) -> Graph:
    """Compile a compute section.

    Args:
        inputs, constants, outputs: what the lines may name, and what they must define.
        lines: name and expression of each line.
        where: begins each message: the spec's file.
    Returns: the verified graph; its outputs have the formats stated, or those of full precision.
    Raises: SpecError naming the line, and the rule that it breaks.
    """
    trees: dict[str, ast.expr] = {}
    for name, text in lines.items():
        try:
            trees[name] = parse(text)
        except ValueError as error:
            raise SpecError(f"{where}: compute.{name}: {error}") from None
    for output in outputs:
        if output.name not in trees:
            raise SpecError(
                f"{where}: outputs.{output.name} must have a line in [compute]{nearest(output.name, trees)}"
            )
    sources = Sources(
        inputs=inputs,
        constants=constants,
        outputs={output.name: output for output in outputs},
        trees=trees,
        where=where,
    )
    try:
        order = ordered(trees, lambda tree: stated_format(tree, sources) is not None)
    except ValueError as error:
        raise SpecError(f"{where}: compute: {error}") from None
    shapes: dict[str, tuple[int, ...]] = {}
    for _ in range(len(trees) + 2):
        attempt = Lines(sources, order, shapes)
        graph = attempt.compile()
        if graph is not None:
            return graph
        shapes = attempt.found
    raise SpecError(f"{where}: compute: the shapes of feedback values must settle, not grow with every token")

"""Feedback: what depends on itself, and an order in which all else comes after what it depends on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hdlgen.graph import Graph

__all__ = ["Component", "components", "sources"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """Nodes that depend on each other: one node, or a loop.

    Args:
        nodes: their numbers, ascending.
        loop: whether they depend on themselves.
    """

    nodes: tuple[int, ...]
    loop: bool


def sources(graph: Graph) -> list[tuple[int, ...]]:
    """List for each node of a graph what its value depends on: its arguments, or what a state takes over."""
    held = {state.node: state.next for state in graph.states}
    return [(held[at],) if at in held else node.args for at, node in enumerate(graph.nodes)]


def components(needs: Sequence[Sequence[int]]) -> list[Component]:
    """Split nodes into strongly connected components, each after all that it depends on.

    Args:
        needs: for each node the nodes that it depends on.

    Source: Tarjan, SIAM J. Comput. 1(2), 1972, 146-160; with a stack of its own instead of recursion.
    """
    number: dict[int, int] = {}
    lowest: dict[int, int] = {}
    open_nodes: list[int] = []
    is_open: set[int] = set()
    found: list[Component] = []
    for root in range(len(needs)):
        work = [(root, 0)] if root not in number else []
        while work:
            node, taken = work.pop()
            if taken == 0:
                number[node] = lowest[node] = len(number)
                open_nodes.append(node)
                is_open.add(node)
            else:
                lowest[node] = min(lowest[node], lowest[needs[node][taken - 1]])
            for step in range(taken, len(needs[node])):
                source = needs[node][step]
                if source not in number:
                    work += [(node, step + 1), (source, 0)]
                    break
                if source in is_open:
                    lowest[node] = min(lowest[node], number[source])
            else:
                if lowest[node] == number[node]:
                    members = [open_nodes.pop()]
                    while members[-1] != node:
                        members.append(open_nodes.pop())
                    is_open.difference_update(members)
                    loop = len(members) > 1 or node in needs[node]
                    found.append(Component(nodes=tuple(sorted(members)), loop=loop))
    return found

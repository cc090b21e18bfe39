"""Realisation: each function of a graph gets its share of the error that is allowed, and is approximated within it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from hdlgen.approximation import METHODS, Approximation, Goal, approximate
from hdlgen.dataflow import Dataflow
from hdlgen.error_bounds import output_bound
from hdlgen.errors import SpecError
from hdlgen.graph import Graph
from hdlgen.limits import MAX_TABLE_ENTRIES, MAX_TABLE_MULTIPLEXERS
from hdlgen.lower import lower
from hdlgen.operation import Op
from hdlgen.reals import ARGUMENTS
from hdlgen.rewrite import rewrite

__all__ = ["Realisation", "realisations"]

_LARGEST_SHARE = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Realisation:
    """A graph as scalar operations, with one way for its functions.

    Args:
        method: of METHODS; empty where the graph has no function of one argument.
        dataflow: rewritten.
        error_bound_lsb: how far an output may lie from the golden model's, proved.
    """

    method: str
    dataflow: Dataflow
    error_bound_lsb: float


def realisations(graph: Graph, *, max_error_lsb: float) -> tuple[Realisation, ...]:
    """Lower a graph in every way that its functions allow, that of the least estimated cost first.

    Raises: SpecError where no approximation of a function keeps the error within hardware of the stated size.
    """
    nodes = [number for number, node in enumerate(graph.nodes) if _is_approximated(graph, number)]
    if not nodes:
        return (Realisation(method="", dataflow=rewrite(lower(graph)), error_bound_lsb=0.0),)
    shares = _shares(graph, nodes, max_error_lsb)
    offered = {number: dict(_approximations(graph, number, shares[number])) for number in nodes}
    for number, found in offered.items():
        if not found:
            node, source = graph.nodes[number], graph.nodes[graph.nodes[number].args[0]].format
            raise SpecError(
                f"constraints.max_error_lsb must be a bound that {node.attribute('function')} from {source} to"
                f" {node.format} can meet with tables of {MAX_TABLE_ENTRIES} entries and {MAX_TABLE_MULTIPLEXERS}"
                f" multiplexers, not {max_error_lsb:g}, which leaves it {shares[number]} LSB"
            )
    ranked = []
    for method in METHODS:
        if not any(method in found for found in offered.values()):
            continue
        chosen = {number: found.get(method) or _cheapest(found) for number, found in offered.items()}
        cost = sum(found.cost * graph.nodes[number].elements for number, found in chosen.items())
        ranked.append((cost, method, chosen))
    ranked.sort(key=lambda way: way[0])
    made: list[Realisation] = []
    for _, method, chosen in ranked:
        dataflow = rewrite(lower(graph, chosen))
        bound = output_bound(graph, {number: float(found.error) for number, found in chosen.items()})
        if all(dataflow != other.dataflow for other in made):
            made.append(Realisation(method=method, dataflow=dataflow, error_bound_lsb=bound))
    return tuple(made)


def _is_approximated(graph: Graph, number: int) -> bool:
    node = graph.nodes[number]
    return node.op is Op.FUNCTION and ARGUMENTS[node.attribute("function")] == 1


def _shares(graph: Graph, nodes: list[int], max_error_lsb: float) -> dict[int, int]:
    """Give each function as much error as the outputs bear: first all alike, then one after the other."""
    shares = dict.fromkeys(nodes, 0)

    def bearable(changed: Mapping[int, int]) -> bool:
        bound = output_bound(graph, {number: float(error) for number, error in changed.items()})
        return bound <= max_error_lsb

    error = _LARGEST_SHARE
    while error:
        for number in nodes:
            if shares[number] < error and bearable(shares | {number: error}):
                alike = dict.fromkeys(nodes, error)
                shares = alike if bearable(alike) else shares | {number: error}
        error //= 2
    return shares


def _approximations(graph: Graph, number: int, error: int) -> Iterator[tuple[str, Approximation]]:
    node = graph.nodes[number]
    source = graph.nodes[node.args[0]].format
    goal = Goal(function=node.attribute("function"), source=source, target=node.format, error=error)
    for method in METHODS:
        found = approximate(goal, method)
        if found is not None:
            yield method, found


def _cheapest(found: Mapping[str, Approximation]) -> Approximation:
    return min(found.values(), key=lambda approximation: approximation.cost)

"""Assembly: a diagram and its classes as a network, every class one selector that all outputs share."""

from __future__ import annotations

from collections.abc import Sequence

from hdlgen.network import FALSE, TRUE, Network, NetworkBuilder
from search.learn.classes import Class, Classes
from search.learn.diagram import Diagram, Kind

__all__ = ["assemble"]


def assemble(diagram: Diagram, classes: Classes, builder: NetworkBuilder) -> Network:
    """Write every output as the OR of what it is in each class, where the class is selected."""
    members = classes.members
    roots = {root: _order(members, root) for root in classes.roots}
    edges = [edge.literal for order in roots.values() for number in order for edge in members[number].edges]
    literals = _nodes(diagram, edges, builder)
    outputs = [FALSE] * builder.interface.output_bits
    for root, order in roots.items():
        selectors = _selectors(members, order, builder)
        for place, output in enumerate(members[root].outputs.tolist()):
            taken = {number: members[number].edges[place].literal for number in order if members[number].edges}
            own = {number: literals[literal >> 1] ^ (literal & 1) for number, literal in taken.items()}
            outputs[output] = _joined(_groups(members, order, own), selectors, builder)
    return builder.network(outputs)


def _groups(members: Sequence[Class], order: Sequence[int], own: dict[int, int]) -> dict[int, set[int]]:
    """List the functions of an output with the classes, as high up as can be, in which it is one."""
    same: dict[int, int | None] = dict(own)
    for number in reversed(order):
        if number not in own:
            low, high = (same[below] for _, below in members[number].below)
            same[number] = low if low == high else None
    groups: dict[int, set[int]] = {}
    seen, stack = {order[0]}, [order[0]]
    while stack:
        number = stack.pop()
        function = same[number]
        if function is not None:
            groups.setdefault(function, set()).add(number)
            continue
        for _, below in members[number].below:
            if below not in seen:
                seen.add(below)
                stack.append(below)
    return groups


def _joined(groups: dict[int, set[int]], selectors: dict[int, int], builder: NetworkBuilder) -> int:
    if len(groups) == 1:
        return next(iter(groups))
    terms = []
    for function, members in sorted(groups.items()):
        if function != FALSE:
            selected = builder.any_of(selectors[number] for number in members)
            terms.append(selected if function == TRUE else builder.conjunction(selected, function))
    return builder.any_of(terms)


def _order(classes: Sequence[Class], root: int) -> list[int]:
    """List the classes that a root needs, each before those below it."""
    done: set[int] = set()
    listed: list[int] = []
    stack = [(root, False)]
    while stack:
        number, opened = stack.pop()
        if opened:
            listed.append(number)
        elif number not in done:
            done.add(number)
            stack.append((number, True))
            stack.extend((below, False) for _, below in classes[number].below if below not in done)
    return listed[::-1]


def _selectors(classes: Sequence[Class], order: Sequence[int], builder: NetworkBuilder) -> dict[int, int]:
    """Give the literal that says whether a class is reached."""
    arriving: dict[int, list[int]] = {order[0]: [TRUE]}
    selectors = {}
    for number in order:
        selectors[number] = builder.any_of(arriving[number])
        member = classes[number]
        for value, (_, below) in enumerate(member.below):
            bit = builder.input(member.variable) ^ (1 - value)
            arriving.setdefault(below, []).append(builder.conjunction(selectors[number], bit))
    return selectors


def _nodes(diagram: Diagram, roots: list[int], builder: NetworkBuilder) -> dict[int, int]:
    """Build all nodes that some literals need."""
    literals: dict[int, int] = {}
    for number in diagram.order(roots):
        node = diagram.nodes[number]
        if node.kind is Kind.CONSTANT:
            literals[number] = FALSE
        elif node.kind is Kind.INPUT:
            literals[number] = builder.input(node.variable)
        else:
            read = [literals[edge.literal >> 1] ^ (edge.literal & 1) for edge in node.edges]
            select = read[2] if node.kind is Kind.SELECT else builder.input(node.variable)
            literals[number] = builder.choose(select, read[1], read[0]) ^ node.inverted
    return literals

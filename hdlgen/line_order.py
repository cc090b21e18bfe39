"""The order of compute lines: each after those that it uses, with feedback through `previous` alone."""

from __future__ import annotations

import ast
import graphlib
from collections.abc import Callable, Iterator, Mapping

from hdlgen.feedback import components

__all__ = ["ordered", "used_names"]


def _parts(tree: ast.expr, *, past: bool) -> Iterator[ast.AST]:
    """List the parts of an expression; what `previous` delays only with `past`."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        part = waiting.pop()
        yield part
        if not isinstance(part, ast.Call):
            waiting.extend(ast.iter_child_nodes(part))
        elif _delayed(part) is None or past:
            waiting += [*part.args, *part.keywords]  # the function's own name is no use of a line
        else:
            waiting += [*part.args[1:], *(keyword for keyword in part.keywords if keyword.arg != "x")]


def _delayed(part: ast.AST) -> ast.expr | None:
    """Give what a call of `previous` delays; None for anything else."""
    if not (isinstance(part, ast.Call) and isinstance(part.func, ast.Name) and part.func.id == "previous"):
        return None
    return next(iter([*part.args[:1], *(keyword.value for keyword in part.keywords if keyword.arg == "x")]), None)


def used_names(tree: ast.expr, *, past: bool) -> set[str]:
    """List the names that an expression uses now, and with `past` also those of which it uses an earlier token."""
    return {part.id for part in _parts(tree, past=past) if isinstance(part, ast.Name)}


def ordered(trees: Mapping[str, ast.expr], is_stated: Callable[[ast.expr], bool]) -> list[str]:
    """Order lines so that each comes after those that it uses now.

    Args:
        trees: the lines.
        is_stated: whether the format of an expression is stated, so that it can be fed back before it is known; what
            `previous` delays of other expressions comes first where that is possible.
    Raises: ValueError naming the lines of a circle that does not go through `previous`.
    """
    place = {name: number for number, name in enumerate(trees)}
    now = {name: used_names(tree, past=False) & place.keys() for name, tree in trees.items()}
    try:
        _sorted(now, place)
    except graphlib.CycleError as error:
        circle = error.args[1][:-1][::-1]
        first = min(range(len(circle)), key=lambda at: place[circle[at]])
        text = " -> ".join([*circle[first:], *circle[:first], circle[first]])
        raise ValueError(f"lines must not use each other in a circle but through previous: {text}") from None
    names = list(trees)
    ever = [sorted(place[used] for used in used_names(tree, past=True) & place.keys()) for tree in trees.values()]
    order: list[str] = []
    for component in components(ever):
        members = [names[number] for number in component.nodes]
        within = {name: now[name].intersection(members) for name in members}
        unstated = {name: uses | (_unstated(trees[name], is_stated) & set(members)) for name, uses in within.items()}
        try:
            order += _sorted(unstated, place)
        except graphlib.CycleError:
            order += _sorted(within, place)
    return order


def _sorted(needs: Mapping[str, set[str]], place: Mapping[str, int]) -> list[str]:
    """Sort lines so that each comes after its needs; in the order of the spec as far as these leave it open."""
    listed = {name: sorted(uses, key=place.__getitem__) for name, uses in needs.items()}
    return list(graphlib.TopologicalSorter(listed).static_order())


def _unstated(tree: ast.expr, is_stated: Callable[[ast.expr], bool]) -> set[str]:
    """List the names that must be known before what is delayed of them can be."""
    delayed = [found for part in _parts(tree, past=True) if (found := _delayed(part)) is not None]
    return {name for found in delayed if not is_stated(found) for name in used_names(found, past=False)}

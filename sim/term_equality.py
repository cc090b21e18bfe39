"""Whether two integer terms are equal for all values: by their normal form, by thresholds, or by SAT."""

from __future__ import annotations

from hdlgen.evaluation import Verdict
from sim.expressions import Expressions, to_network
from sim.integers import Integers
from sim.prove import EquivalenceProver
from sim.term_bits import TermBits

__all__ = ["equal_terms"]

_MOST_LEAVES = 18
_LATTICE = ("least", "greatest")


def equal_terms(integers: Integers, pairs: list[tuple[int, int]], *, seconds: float) -> Verdict:
    """Decide whether the two terms of every pair are equal.

    Args:
        seconds: limit of the SAT solver by the clock.
    """
    left = [pair for pair in pairs if pair[0] != pair[1] and not _by_thresholds(integers, *pair)]
    if not left:
        return Verdict.EQUAL
    made = Expressions()
    bits = TermBits(integers, made)
    sides: tuple[list[int], list[int]] = ([], [])
    for pair in left:
        words = [bits.whole(term) for term in pair]
        width = max(map(len, words))
        for side, word in zip(sides, words, strict=True):
            side += [*word, *([word[-1]] * (width - len(word)))]
    variables = [2 * node for node in made.names]
    one, other = to_network(made, variables, sides)
    return EquivalenceProver(one, seconds=max(seconds, 1.0)).prove(other).verdict


def _by_thresholds(integers: Integers, one: int, other: int) -> bool:
    """Tell whether two trees of minima and maxima are surely equal: they are where they are on zeros and ones.

    Whether a minimum or maximum reaches a threshold depends on which of its leaves do, and on nothing else about them.
    """
    atoms = [integers.single(term) for term in (one, other)]
    if any(atom is None or atom.kind not in _LATTICE for atom in atoms):
        return False
    leaves: list[int] = []
    seen: set[int] = set()
    stack = [one, other]
    while stack:
        term = stack.pop()
        if term in seen:
            continue
        seen.add(term)
        atom = integers.single(term)
        if atom is not None and atom.kind in _LATTICE:
            stack.extend(atom.args)
        else:
            leaves.append(term)
    fixed = sorted((value, term) for term in leaves if (value := integers.value(term)) is not None)
    free = [term for term in leaves if integers.value(term) is None]
    if len(free) > _MOST_LEAVES:
        return False
    size = 1 << len(free)
    mask = (1 << size) - 1
    patterns = {term: _pattern(place, size) for place, term in enumerate(free)}
    for threshold in range(len(fixed) + 1):  # constants from this one on reach it
        known = patterns | {term: mask if rank >= threshold else 0 for rank, (_, term) in enumerate(fixed)}
        if _reaches(integers, one, known) != _reaches(integers, other, known):
            return False
    return True


def _pattern(place: int, size: int) -> int:
    """Give bit `place` of every number below a power of two, side by side."""
    ones = ((1 << (1 << place)) - 1) << (1 << place)
    period = 2 << place
    while period < size:
        ones |= ones << period
        period *= 2
    return ones


def _reaches(integers: Integers, term: int, known: dict[int, int]) -> int:
    """Tell for each assignment of the leaves whether a tree reaches the threshold."""
    found = dict(known)
    stack = [term]
    while stack:
        place = stack[-1]
        if place in found:
            stack.pop()
            continue
        atom = integers.single(place)
        assert atom is not None
        missing = [arg for arg in atom.args if arg not in found]
        if missing:
            stack.extend(missing)
            continue
        total = found[atom.args[0]]
        for arg in atom.args[1:]:
            total = total & found[arg] if atom.kind == "least" else total | found[arg]
        found[place] = total
        stack.pop()
    return found[term]

"""Combinations of choices under conditions: their number, their order, and which choices still lead somewhere."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

__all__ = ["Combinations", "Indices", "Listing", "Needs", "Tree", "repaired"]

Indices = tuple[int, ...]
"""A position in the list of choices for each place, from the first place on."""

Needs = tuple[tuple[int, frozenset[int]], ...]
"""Conditions of one choice: earlier places, each with the positions that one of which it must have."""


class Tree(Protocol):
    """The valid combinations as a tree of prefixes, numbered 0 to count() - 1 in the order of iteration."""

    def count(self, prefix: Indices = ()) -> int:
        """Count the combinations that begin with a prefix."""

    def allowed(self, prefix: Indices) -> list[int]:
        """List the positions of the next place after which a combination can still be completed."""

    def at(self, number: int) -> Indices:
        """Give the combination of a number, 0 to count() - 1."""

    def __iter__(self) -> Iterator[Indices]:
        """Yield every combination once, the last place changing fastest."""


def repaired(tree: Tree, prefix: Indices, wanted: Sequence[int]) -> Indices:
    """Complete a prefix by the wanted positions or the nearest allowed ones; of two, by the earlier."""
    for near in wanted[len(prefix) :]:
        _, position = min((abs(at - near), at) for at in tree.allowed(prefix))
        prefix = (*prefix, position)
    return prefix


class Combinations:
    """Count, number and list the combinations of choices that keep every condition, without enumerating to count.

    How many ways there are to go on after a prefix depends only on which of the conditions still to come it keeps.
    So a place sorts the choices of each earlier place into classes alike to those conditions, and counts once for
    each tuple of classes.

    Args:
        needs: for each place, for each choice, its conditions.
        limit: how many tuples of classes may be remembered.
    """

    def __init__(self, needs: Sequence[Sequence[Needs]], *, limit: int) -> None:
        self._needs = tuple(tuple(choices) for choices in needs)
        self._limit = limit
        self._classes = tuple(self._classes_at(place) for place in range(len(self._needs)))
        self._counts: dict[tuple[int, Indices], int] = {}

    def _classes_at(self, place: int) -> tuple[tuple[int, Indices], ...]:
        """Sort the choices of each place before `place` by the conditions from `place` on that ask for it."""
        tests: dict[int, list[frozenset[int]]] = {}
        for needs in (needs for later in self._needs[place:] for needs in later):
            for earlier, positions in needs:
                if earlier < place:
                    tests.setdefault(earlier, []).append(positions)
        result = []
        for earlier, groups in sorted(tests.items()):
            marks = [tuple(at in group for group in groups) for at in range(len(self._needs[earlier]))]
            numbers = {mark: number for number, mark in enumerate(dict.fromkeys(marks))}
            result.append((earlier, tuple(numbers[mark] for mark in marks)))
        return tuple(result)

    def _open(self, prefix: Indices) -> list[int]:
        """List the positions that the next place may take after a prefix, those that lead nowhere included."""
        choices = self._needs[len(prefix)]
        return [at for at, needs in enumerate(choices) if all(prefix[place] in group for place, group in needs)]

    def count(self, prefix: Indices = ()) -> int:
        """Count the combinations that begin with a prefix.

        Raises: OverflowError where more classes would have to be remembered than the limit.
        """
        place = len(prefix)
        if place == len(self._needs):
            return 1
        key = (place, tuple(classes[prefix[earlier]] for earlier, classes in self._classes[place]))
        if key not in self._counts:
            total = sum(self.count((*prefix, at)) for at in self._open(prefix))
            if len(self._counts) >= self._limit:
                raise OverflowError(f"Combinations: at most {self._limit} counts may be remembered")
            self._counts[key] = total
        return self._counts[key]

    def allowed(self, prefix: Indices) -> list[int]:
        """List the positions of the next place after which a combination can still be completed."""
        return [at for at in self._open(prefix) if self.count((*prefix, at))]

    def at(self, number: int) -> Indices:
        """Give the combination of a number, 0 to count() - 1, in the order of iteration."""
        prefix: Indices = ()
        while len(prefix) < len(self._needs):
            for at in self._open(prefix):
                count = self.count((*prefix, at))
                if number < count:
                    prefix = (*prefix, at)
                    break
                number -= count
        return prefix

    def __iter__(self) -> Iterator[Indices]:
        """Yield every combination once, the last place changing fastest."""
        stack: list[Indices] = [()]
        while stack:
            prefix = stack.pop()
            if len(prefix) == len(self._needs):
                yield prefix
            else:
                stack.extend((*prefix, at) for at in reversed(self.allowed(prefix)))


class Listing:
    """The tree of combinations that are listed one by one, as a table of measured designs does."""

    def __init__(self, combinations: Iterable[Indices]) -> None:
        self._sorted = sorted(set(combinations))
        self._allowed: dict[Indices, list[int]] = {}

    def _range(self, prefix: Indices) -> tuple[int, int]:
        """Find where the combinations with a prefix begin and end."""
        if not prefix:
            return 0, len(self._sorted)
        return bisect_left(self._sorted, prefix), bisect_left(self._sorted, (*prefix[:-1], prefix[-1] + 1))

    def count(self, prefix: Indices = ()) -> int:
        """Count the combinations that begin with a prefix."""
        low, high = self._range(prefix)
        return high - low

    def allowed(self, prefix: Indices) -> list[int]:
        """List the positions of the next place that occur after a prefix."""
        known = self._allowed.get(prefix)
        if known is None:  # remembered, for a table is walked from its root thousands of times
            low, high = self._range(prefix)
            known = self._allowed[prefix] = sorted({one[len(prefix)] for one in self._sorted[low:high]})
        return list(known)

    def at(self, number: int) -> Indices:
        """Give the combination of a number, 0 to count() - 1."""
        return self._sorted[number]

    def __iter__(self) -> Iterator[Indices]:
        """Yield every combination once, the last place changing fastest."""
        return iter(self._sorted)

"""Integer terms as circuits of plain gates, for what the normal form cannot decide: a SAT solver is asked then."""

from __future__ import annotations

from collections.abc import Sequence

from sim.expressions import FALSE, TRUE, Expressions
from sim.integers import Atom, Integers

__all__ = ["TermBits", "add_words", "extended", "less"]

Word = list[int]
"""Literals in two's complement, lowest first."""


def extended(word: Sequence[int], width: int, *, signed: bool = True) -> Word:
    """Give so many bits of a word."""
    return [*word[:width], *([word[-1] if signed and word else FALSE] * (width - len(word)))]


def add_words(made: Expressions, left: Sequence[int], right: Sequence[int], carry: int = FALSE) -> Word:
    """Add two words of equal width; the carry out falls away."""
    found = []
    for a, b in zip(left, right, strict=True):
        total, carry = made.full_adder(a, b, carry)
        found.append(total)
    return found


def less(made: Expressions, left: Sequence[int], right: Sequence[int]) -> int:
    """Compare two words in two's complement."""
    width = max(len(left), len(right)) + 1
    inverse = [literal ^ 1 for literal in extended(right, width)]
    return add_words(made, extended(left, width), inverse, TRUE)[-1]


class TermBits:
    """The words of terms; each variable has bits of its own."""

    def __init__(self, integers: Integers, made: Expressions) -> None:
        self.integers, self.made = integers, made
        self._atoms: dict[int, Word] = {}

    def word(self, term: int, width: int) -> Word:
        """Give the lowest bits of a term."""
        total = [FALSE] * width
        for product, coefficient in self.integers.terms[term].items():
            value = extended([TRUE, FALSE], width)
            for atom in product:
                value = self._times(value, extended(self._atom(atom), width))
            total = add_words(self.made, total, self._scaled(value, coefficient))
        return total

    def whole(self, term: int) -> Word:
        """Give all bits of a term, the sign on top."""
        return self.word(term, _width(*self.integers.ranges[term]))

    def _times(self, left: Word, right: Word) -> Word:
        if left == extended([TRUE, FALSE], len(left)):
            return right
        total = [FALSE] * len(left)
        for place, bit in enumerate(right):
            row = [FALSE] * place + [self.made.conjunction(bit, each) for each in left[: len(left) - place]]
            total = add_words(self.made, total, row)
        return total

    def _scaled(self, word: Word, factor: int) -> Word:
        total, width = [FALSE] * len(word), len(word)
        for place in range(width):
            if factor >> place & 1:
                total = add_words(self.made, total, ([FALSE] * place + word)[:width])
        return total

    def _atom(self, number: int) -> Word:
        if number not in self._atoms:
            atom = self.integers.atoms[number]
            self._atoms[number] = self._made(atom)
        return self._atoms[number]

    def _made(self, atom: Atom) -> Word:
        made, width = self.made, _width(atom.low, atom.high)
        args = [self.whole(arg) for arg in atom.args]
        match atom.kind:
            case "variable":
                bits = [made.variable(f"{atom.parameters}[{place}]") for place in range(width - (atom.low >= 0))]
                return [*bits, FALSE] if atom.low >= 0 else bits
            case "floor":
                return extended(args[0][int(str(atom.parameters[0])) :], width)
            case "negative":
                return [args[0][-1], FALSE]
            case "zero":
                return [self._none(args[0]), FALSE]
            case "choose":
                return self._muxed(args[0][0], args[1], args[2], width)
            case "least" | "greatest":
                best = args[0]
                for other in args[1:]:
                    pair = (other, best) if atom.kind == "least" else (best, other)
                    best = self._muxed(less(made, *pair), other, best, width)
                return best
            case "and" | "or" | "xor":
                left, right = (extended(arg, width) for arg in args)
                gate = {"and": made.conjunction, "or": made.disjunction, "xor": made.exclusive_or}[atom.kind]
                return [gate(a, b) for a, b in zip(left, right, strict=True)]
            case "power":
                return self._shifted(extended([TRUE, FALSE], width), args[0], left=True)
            case "shifted":
                return extended(self._shifted(args[0], args[1], left=False), width)
            case _:
                return self._looked_up(atom, args[0], width)

    def _none(self, word: Word) -> int:
        found = TRUE
        for literal in word:
            found = self.made.conjunction(found, literal ^ 1)
        return found

    def _muxed(self, select: int, one: Word, zero: Word, width: int) -> Word:
        pairs = zip(extended(one, width), extended(zero, width), strict=True)
        return [self.made.choose(select, a, b) for a, b in pairs]

    def _shifted(self, word: Word, amount: Word, *, left: bool) -> Word:
        """Shift by a word that is not negative, bit by bit of it."""
        width = len(word)
        for place, bit in enumerate(amount[:-1]):
            step = min(1 << place, width)
            moved = [FALSE] * step + word[: width - step] if left else word[step:] + [word[-1]] * step
            word = self._muxed(bit, moved, word, width)
        return word

    def _looked_up(self, atom: Atom, index: Word, width: int) -> Word:
        """Read a table by a tree of choices."""
        (values,) = atom.parameters
        assert isinstance(values, tuple)
        bits = index[: max((len(values) - 1).bit_length(), 1)]
        found = []
        for place in range(width):
            row = [TRUE if value >> place & 1 else FALSE for value in values]
            for bit in bits:
                row = [
                    self.made.choose(bit, row[k + 1] if k + 1 < len(row) else row[k], row[k])
                    for k in range(0, len(row), 2)
                ]
            found.append(row[0])
        return found


def _width(low: int, high: int) -> int:
    """Count the bits of two's complement from low to high, the sign included."""
    return max((bound if bound >= 0 else ~bound).bit_length() for bound in (low, high)) + 1

"""The design space: knobs with conditions between them, and the valid points that they span."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from hdlgen.counting import Combinations, Indices, Listing, Needs, Tree, repaired
from hdlgen.errors import PointError, SpecError, nearest
from hdlgen.limits import MAX_SITUATIONS

__all__ = ["Choice", "Conditions", "Knob", "Point", "Space"]

Choice = int | float | str | bool
Conditions = tuple[tuple[str, tuple[Choice, ...]], ...]
"""Names of earlier knobs, each with the values that one of which it must have."""

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_TEXT_CHOICE = re.compile(r"[A-Za-z0-9_.+-]+")


def _text(choice: object) -> str:
    """Write a choice as in a point's text: booleans as in TOML."""
    return str(choice).lower() if isinstance(choice, bool) else str(choice)


def _alternatives(choices: Sequence[object]) -> str:
    """Write choices as `1`, `1 or 2`, `1, 2 or 4`."""
    texts = [_text(choice) for choice in choices]
    return " or ".join(filter(None, [", ".join(texts[:-1]), texts[-1]]))


def _same(left: object, right: object) -> bool:
    """Compare two choices with their types: True is not 1."""
    return type(left) is type(right) and left == right


@dataclass(frozen=True, slots=True, kw_only=True)
class Knob:
    """One decision of the compiler and the choices that it has.

    Args:
        name: as in a spec's `[knobs]`: lower-case letters, digits and underscores.
        choices: at least one, in the order of their effect where they have one; the first is the default.
        requires: for some of the choices, the values that EARLIER knobs must have; a choice not listed is always
            allowed. A value that the earlier knob does not offer never holds.
        summary: one line for the user.
    """

    name: str
    choices: tuple[Choice, ...]
    requires: tuple[tuple[Choice, Conditions], ...] = ()
    summary: str = ""

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ValueError(f"Knob: name must be lower-case letters, digits and underscores, not {self.name!r}")
        if not self.choices:
            raise ValueError(f"Knob {self.name}: choices must hold at least one")
        for choice in self.choices:
            if isinstance(choice, str) and not _TEXT_CHOICE.fullmatch(choice):
                raise ValueError(f"Knob {self.name}: a choice must be letters, digits and _ . + -, not {choice!r}")
            if not isinstance(choice, (int, float, str)) or (isinstance(choice, float) and not math.isfinite(choice)):
                raise ValueError(f"Knob {self.name}: a choice must be a finite number, text or boolean, not {choice!r}")
        if len({_text(choice).lower() for choice in self.choices}) != len(self.choices):
            raise ValueError(f"Knob {self.name}: choices must differ from each other, not {self.choices!r}")
        for choice, _ in self.requires:
            if self.position(choice) is None:
                raise ValueError(f"Knob {self.name}: requires must name its choices, not {choice!r}")

    def position(self, choice: object) -> int | None:
        """Find a choice, by type and value: 0 for the first, None for no choice of this knob."""
        for position, candidate in enumerate(self.choices):
            if _same(candidate, choice):
                return position
        return None

    def conditions(self, choice: Choice) -> Conditions:
        """List what a choice demands of earlier knobs; nothing for a choice that is always allowed."""
        return tuple(condition for listed, group in self.requires if _same(listed, choice) for condition in group)

    def read(self, value: object, *, where: str) -> Choice:
        """Turn what a user wrote, a text or a TOML value, into one of the choices.

        Raises: PointError that begins with `where` and names the nearest choice.
        """
        for choice in self.choices:
            if _same(choice, value) or (isinstance(value, str) and value.lower() == _text(choice).lower()):
                return choice
        for choice in self.choices:  # 2 for 2.0 and 2.0 for 2, but never True for 1
            if not isinstance(choice, (bool, str)) and not isinstance(value, bool) and _number(value) == choice:
                return choice
        hint = nearest(_text(value), map(_text, self.choices))
        raise PointError(f"{where} must be {_alternatives(self.choices)}, not {value!r}{hint}")


def _number(value: object) -> float:
    """Read a number, or a text that holds one; NaN, which equals nothing, for anything else."""
    try:
        return float(value) if isinstance(value, (int, float, str)) else math.nan
    except (ValueError, OverflowError):
        return math.nan


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Point:
    """One choice for each knob, in the order of the space's knobs; equal where names, types and values are."""

    values: tuple[tuple[str, Choice], ...]

    def __getitem__(self, name: str) -> Choice:
        for knob, choice in self.values:
            if knob == name:
                return choice
        raise KeyError(name)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Point):
            return NotImplemented
        return self.values == other.values and all(
            type(mine) is type(theirs) for (_, mine), (_, theirs) in zip(self.values, other.values, strict=True)
        )

    def __hash__(self) -> int:
        return hash(self.values)

    def text(self) -> str:
        """Write the point as on the command line: `interval=2,adder=sklansky`."""
        return ",".join(f"{name}={_text(choice)}" for name, choice in self.values)

    @classmethod
    def parse(cls, text: str, space: Space) -> Point:
        """Read what `text` wrote; a knob left out takes its first choice that is allowed with the given ones.

        Raises: PointError for an unknown knob or choice, or for choices that are not allowed together.
        """
        knobs = {knob.name: knob for knob in space.knobs}
        given: dict[str, Choice] = {}
        for part in filter(None, map(str.strip, text.split(","))):
            name, equals, value = (item.strip() for item in part.partition("="))
            if not equals or not value:
                raise PointError(f"point: each part must read knob=choice, not {part!r}")
            if name not in knobs:
                raise PointError(f"point: {name!r} must be one of the knobs {', '.join(knobs)}{nearest(name, knobs)}")
            if name in given:
                raise PointError(f"point: {name} must be given once, not twice")
            given[name] = knobs[name].read(value, where=f"point: {name}")
        return space.complete(given)


@dataclass(frozen=True, slots=True, kw_only=True)
class Space:
    """The valid points of some knobs: whatever it hands out keeps every condition.

    Points are numbered 0 to size() - 1 in the order of `enumerate`; the size is counted without enumerating.

    Args:
        knobs: a knob's conditions look at earlier ones only.
        listed: where given, the only valid points, each of which keeps the conditions: a table of measured designs.
    Raises: ValueError for two knobs of one name or a condition on a knob that is not an earlier one;
        PointError where no valid point is left or the conditions are too entangled to count.
    """

    knobs: tuple[Knob, ...]
    listed: tuple[Point, ...] | None = None
    _tree: Tree = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        places = {knob.name: place for place, knob in enumerate(self.knobs)}
        if len(places) != len(self.knobs):
            raise ValueError(f"Space: knobs must have different names, not {[knob.name for knob in self.knobs]!r}")
        for place, knob in enumerate(self.knobs):
            for choice, conditions in knob.requires:
                for name, _ in conditions:
                    if places.get(name, place) >= place:
                        raise ValueError(f"Space: {knob.name}={_text(choice)} must require earlier knobs, not {name!r}")
        needs = [[self._needs(knob.conditions(choice), places) for choice in knob.choices] for knob in self.knobs]
        object.__setattr__(self, "_tree", Combinations(needs, limit=MAX_SITUATIONS))
        if self.listed is not None:
            object.__setattr__(self, "_tree", Listing([self._indices(point) for point in self.listed]))
        try:
            size = self.size()
        except OverflowError:
            raise PointError(f"space: the conditions must be countable in {MAX_SITUATIONS} situations") from None
        if not size:
            raise PointError("space: the conditions between the knobs must leave a valid point, not none")

    def _needs(self, conditions: Conditions, places: Mapping[str, int]) -> Needs:
        """Translate conditions into places and positions; a value that a knob does not offer falls away."""
        needs = []
        for name, values in conditions:
            positions = (self.knobs[places[name]].position(value) for value in values)
            needs.append((places[name], frozenset(position for position in positions if position is not None)))
        return tuple(needs)

    def _with(self, knobs: tuple[Knob, ...]) -> Space:
        """Make the space of narrower knobs; listed points that they do not offer fall away.

        Raises: PointError where no valid point is left.
        """
        if self.listed is None:
            return Space(knobs=knobs)
        pairs = [(point, zip(knobs, point.values, strict=True)) for point in self.listed]
        kept = [point for point, pair in pairs if all(knob.position(value[1]) is not None for knob, value in pair)]
        return Space(knobs=knobs, listed=tuple(kept))

    def _point(self, indices: Indices) -> Point:
        return Point(values=tuple((knob.name, knob.choices[at]) for knob, at in zip(self.knobs, indices, strict=True)))

    def _indices(self, point: Point) -> Indices:
        """Find the positions of a point's choices.

        Raises: PointError for a point that is none of this space.
        """
        indices: Indices = ()
        if tuple(name for name, _ in point.values) == tuple(knob.name for knob in self.knobs):
            for knob, (_, choice) in zip(self.knobs, point.values, strict=True):
                position = knob.position(choice)
                if position is None or position not in self._tree.allowed(indices):
                    break
                indices = (*indices, position)
        if len(indices) != len(self.knobs):
            raise PointError(f"point: {point.text()!r} must be one of the space's valid points")
        return indices

    def size(self) -> int:
        """Count the valid points exactly, without enumerating them."""
        return self._tree.count()

    def at(self, number: int) -> Point:
        """Give the point of a number, 0 to size() - 1."""
        if not 0 <= number < self.size():
            raise ValueError(f"Space: a point's number must be 0 to {self.size() - 1}, not {number!r}")
        return self._point(self._tree.at(number))

    def enumerate(self) -> Iterator[Point]:
        """Yield every valid point once, the last knob changing fastest."""
        return map(self._point, self._tree)

    def shuffled(self, seed: int) -> Iterator[Point]:
        """Yield every valid point once, in an order drawn uniformly from all orders; memory grows with what is drawn.

        Source: Fisher and Yates's shuffle (Knuth, The Art of Computer Programming 2, 3.4.2, algorithm P), sparse.
        """
        random = np.random.default_rng(seed)
        size, moved = self.size(), dict[int, int]()
        for place in range(size):
            drawn = place + _below(random, size - place)
            number = moved.get(drawn, drawn)
            moved[drawn] = moved.pop(place, place)
            yield self.at(number)

    def sample(self, count: int, seed: int) -> list[Point]:
        """Draw distinct points uniformly; all of them, shuffled, where the space has no more than `count`."""
        return [point for _, point in zip(range(count), self.shuffled(seed), strict=False)]

    def neighbours(self, point: Point) -> list[Point]:
        """List the points that differ in one knob, later ones repaired to the nearest allowed choice.

        Raises: PointError for a point that is none of this space.
        """
        indices = self._indices(point)
        found: dict[Indices, None] = {}
        for place, current in enumerate(indices):
            for position in self._tree.allowed(indices[:place]):
                if position != current:
                    found[repaired(self._tree, (*indices[:place], position), indices)] = None
        return [self._point(neighbour) for neighbour in found]

    def repair(self, choices: Mapping[str, Choice]) -> Point:
        """Give the valid point that takes, knob by knob, the given choice or the nearest allowed one.

        Args:
            choices: a choice of this space for every knob.
        Raises: PointError for a knob that is missing or a choice that is none.
        """
        wanted = [knob.position(choices.get(knob.name)) for knob in self.knobs]
        for knob, position in zip(self.knobs, wanted, strict=True):
            if position is None:
                value = choices.get(knob.name)
                raise PointError(f"point: {knob.name} must be {_alternatives(knob.choices)}, not {value!r}")
        return self._point(repaired(self._tree, (), [position for position in wanted if position is not None]))

    def complete(self, given: Mapping[str, Choice]) -> Point:
        """Give the first point in the order of `enumerate` that has the given choices.

        Raises: PointError that names the condition which the given choices break.
        """
        knobs = (_only(knob, (given[knob.name],)) if knob.name in given else knob for knob in self.knobs)
        try:
            return self._with(tuple(knobs)).default()
        except PointError:
            raise PointError(f"point: {self._conflict(given)}") from None

    def _conflict(self, given: Mapping[str, Choice]) -> str:
        """Say which condition keeps the given choices apart, in a walk that takes first choices for the others."""
        chosen: dict[str, Choice] = {}
        for knob in self.knobs:
            reasons = []
            for choice in (given[knob.name],) if knob.name in given else knob.choices:
                broken = [c for c in knob.conditions(choice) if not any(_same(chosen[c[0]], value) for value in c[1])]
                if not broken:
                    chosen[knob.name] = choice
                    break
                name, values = broken[0]
                needed = f"{knob.name}={_text(choice)} must go with {name}={_alternatives(values)}"
                reasons.append(f"{needed}, not with {name}={_text(chosen[name])}")
            else:
                return reasons[0]
        return f"{','.join(f'{name}={_text(choice)}' for name, choice in given.items())} must leave a valid point"

    def contains(self, point: Point) -> bool:
        """Tell whether a point is a valid one of this space: the knobs in order, types of choices, every condition."""
        try:
            self._indices(point)
        except PointError:
            return False
        return True

    def encode(self, point: Point) -> tuple[float, ...]:
        """Place a point in the unit cube: for each knob the rank of its choice, 0.0 for the first, 1.0 for the last.

        Raises: PointError for a point that is none of this space.
        """
        pairs = zip(self.knobs, self._indices(point), strict=True)
        return tuple(position / max(1, len(knob.choices) - 1) for knob, position in pairs)

    def default(self) -> Point:
        """Give the point of the first allowed choices."""
        return self.at(0)

    def narrow(self, pins: Mapping[str, object], *, where: str = "spec") -> Space:
        """Keep some choices only: a scalar pins a knob, a list narrows it; the order of the choices stays.

        Args:
            pins: the spec's `[knobs]`.
            where: what an error begins with: the spec's path.
        Raises: SpecError for an unknown knob or choice (nearest named), an empty list, or no valid point left.
        """
        names = {knob.name for knob in self.knobs}
        for name in pins:
            if name not in names:
                listed = ", ".join(knob.name for knob in self.knobs)
                raise SpecError(f"{where}: knobs.{name} must be one of the knobs {listed}{nearest(name, names)}")
        space = self
        for place, knob in enumerate(self.knobs):
            if knob.name not in pins:
                continue
            pin, label = pins[knob.name], f"{where}: knobs.{knob.name}"
            values = list(pin) if isinstance(pin, (list, tuple)) else [pin]
            if not values:
                raise SpecError(f"{label} must name at least one choice, not {pin!r}")
            try:
                narrowed = _only(knob, [knob.read(value, where=label) for value in values])
            except PointError as error:
                raise SpecError(str(error)) from None
            try:
                space = space._with((*space.knobs[:place], narrowed, *space.knobs[place + 1 :]))
            except PointError:
                reason = space._conflict({knob.name: narrowed.choices[0]})
                raise SpecError(f"{label} must leave a valid point: {reason}") from None
        return space


def _only(knob: Knob, kept: Sequence[Choice]) -> Knob:
    """Keep some choices of a knob, in its own order, and their conditions."""
    choices = tuple(choice for choice in knob.choices if any(_same(choice, other) for other in kept))
    requires = tuple(entry for entry in knob.requires if any(_same(entry[0], other) for other in kept))
    return replace(knob, choices=choices, requires=requires)


def _below(random: np.random.Generator, bound: int) -> int:
    """Draw an integer from 0 to bound - 1 uniformly, however large the bound."""
    if bound <= 2**63:
        return int(random.integers(bound))
    size = (bound.bit_length() + 7) // 8
    while True:  # rejection: less than 256 draws on average, for spaces beyond 2**63 points only
        number = int.from_bytes(random.bytes(size), "little") >> (8 * size - bound.bit_length())
        if number < bound:
            return number

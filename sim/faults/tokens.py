"""Faults that no token shows: its result is the same with the fault, whatever came before it and comes behind it.

Where a design treats every token alike, what a fault changes in the data is seen by one token alone: it is followed
from the cycle in which it is taken to that in which its result stands. All else is free: other tokens, which of the
control's states that occur it is, and what registers hold, which need not be the same with the fault. A token of few
bits is tried in all its values, all else being unknown in three-valued logic; of a wider one ABC must tell.

Stalls need no cycles of their own: a register that keeps its value while the result waits sees none of them. One that
does not holds anything, in every cycle. The control must be the same with the fault, gate by gate.

Source: three-valued simulation as in Bryant, IEEE Transactions on CAD 10, 1991, 94-102 (symbolic trajectories).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from sim.cells import Cell
from sim.expressions import FALSE, TRUE, Expressions, evaluate
from sim.faults.copies import Copy
from sim.netlist import Bit, Instance, Netlist

__all__ = ["Tokens"]

Equal = Callable[[Expressions, Sequence[tuple[int, int]]], bool]
"""Tells whether pairs of literals are proved equal."""

_EXHAUSTIVE_BITS = 13
"""A token of so many bits is tried in all its values."""

_MOST_STATES = 5_000
"""Beyond so many states of the control nothing is claimed."""

_MOST_CASES = 32
_MOST_CYCLES = 40


_State = tuple[int, ...]
"""What the registers of the control hold, in their order."""


@dataclass(frozen=True, slots=True)
class _Row:
    """A cycle of the control: whether a token is taken, whether a result stands, and the next state."""

    taken: bool
    valid: bool
    following: _State


@dataclass(frozen=True, slots=True)
class _Course:
    """A token's way through the good design, from one state of the control as far as it matters.

    Args:
        copies: of the good design, a cycle each, from that in which the token is taken to that of its result.
        token: the literals of its bits.
        first: what registers hold at first.
    """

    copies: tuple[Copy, ...]
    token: tuple[int, ...]
    first: Mapping[str, int]


class Tokens:
    """The courses of tokens through a good netlist, to compare many faulty ones with; made when first asked for.

    Args:
        one: the good netlist on free inputs and registers.
        equal: proves pairs of literals.
    """

    def __init__(self, good: Netlist, cells: Mapping[str, Cell], one: Copy, equal: Equal) -> None:
        self._good, self._cells, self._one, self._equal = good, cells, one, equal
        self._ports = {(port.name, at): bit for port in good.ports for at, bit in enumerate(port.bits)}
        self._names = list(one.following)
        self._control = sorted(one.live([one.shown["inputs__ready", 0], one.shown["outputs__valid", 0]]))
        self._handshake = {port: one.known[bit] for (port, at), bit in self._ports.items() if not at}
        self._reset_state: _State = ()
        self._live: set[str] = set()
        self._waiting_copies = self._waiting()
        self.courses = self._all_courses()

    def hides(self, faulty: Netlist, other: Copy) -> bool:
        """Tell whether it is proved that no token's result shows the fault; False says nothing.

        Args:
            other: the faulty netlist on the same inputs and registers as the good one.
        """
        if not self.courses or not self._controlled_alike(other):
            return False
        loose = self._loose(faulty, other.order)
        return all(self._same(course, faulty, other.order, loose) for course in self.courses)

    def _controlled_alike(self, other: Copy) -> bool:
        one = self._one
        ports = (("inputs__ready", 0), ("outputs__valid", 0))
        return all(one.shown[port] == other.shown[port] for port in ports) and all(
            one.following[name] == other.following[name] for name in self._control
        )

    def _inputs(self, made: Expressions, fixed: Mapping[str, int]) -> dict[Bit, int]:
        """Give literals to the input nets: those of a port that is fixed, else variables."""
        return {
            bit: fixed[port.name] if port.name in fixed else made.variable(f"{port.name}[{place}]")
            for port in self._good.ports
            if not port.is_output
            for place, bit in enumerate(port.bits)
        }

    # What the good design does with tokens.

    def _all_courses(self) -> list[_Course]:
        """Follow a token from every state of the control that differs to it; none where the design is not so simple."""
        reachable = self._reachable()
        if reachable is None or not self._waits():
            return []
        free = self._course({})
        courses = [free] if free is not None else self._by_cases(reachable)
        lengths = {len(course.copies) - 1 for course in courses}
        return courses if len(lengths) == 1 and self._answers(lengths.pop(), reachable) else []

    def _by_cases(self, reachable: set[_State]) -> list[_Course]:
        """Split by the registers of the control that decide when a token is taken."""
        places = [self._control.index(name) for name in self._deciding()]
        cases = {tuple(state[place] for place in places) for state in reachable}
        courses = []
        for case in sorted(cases) if len(cases) <= _MOST_CASES else ():
            given = {self._control[place]: bit for place, bit in zip(places, case, strict=True)}
            if self._readiness(given) == FALSE:
                continue
            course = self._course(given)
            if course is None:
                return []
            courses.append(course)
        return courses

    def _deciding(self) -> list[str]:
        """Name the control's registers that decide when a token is taken, and those that decide these."""
        made = Expressions()
        inputs = self._inputs(made, {"rst": FALSE, "outputs__ready": TRUE, "inputs__valid": TRUE})
        states = {name: made.variable(name) for name in self._names}
        copy = Copy(self._good, self._cells, made, inputs, states, order=self._one.order)
        owner = {states[name] >> 1: name for name in self._control}
        found: set[str] = set()
        pending = [copy.shown["inputs__ready", 0]]
        while pending:
            names = {owner[node] for node in made.variables(pending) if node in owner} - found
            found |= names
            pending = [copy.following[name] for name in names]
        return sorted(found)

    def _readiness(self, given: Mapping[str, int]) -> int:
        """Give the literal of whether a token is taken in a state of the control."""
        made = Expressions()
        inputs = self._inputs(made, {"rst": FALSE, "outputs__ready": TRUE, "inputs__valid": TRUE})
        states = {name: given[name] if name in given else made.variable(name) for name in self._names}
        return Copy(self._good, self._cells, made, inputs, states, order=self._one.order).shown["inputs__ready", 0]

    def _course(self, given: Mapping[str, int]) -> _Course | None:
        """Follow a token from a state of the control; None where it is not sure to be taken, or its result to come.

        Args:
            given: values of registers, 0 or 1; all others hold anything.
        """
        made = Expressions()
        first = {name: given[name] if name in given else made.variable(f"first {name}") for name in self._names}
        states, copies = first, list[Copy]()
        for cycle in range(_MOST_CYCLES):
            fixed = {"rst": FALSE, "outputs__ready": TRUE} | ({} if cycle else {"inputs__valid": TRUE})
            copy = Copy(self._good, self._cells, made, self._inputs(made, fixed), states, order=self._one.order)
            copies.append(copy)
            if cycle == 0 and copy.shown["inputs__ready", 0] != TRUE:
                return None
            if copy.shown["outputs__valid", 0] == TRUE:
                break
            states = {name: copy.following[name] for name in self._names}
        else:
            return None
        if len(copies) > 1:  # a reset may begin as the result stands
            inputs = self._inputs(made, {"outputs__ready": TRUE})
            copies[-1] = Copy(self._good, self._cells, made, inputs, states, order=self._one.order)
            if copies[-1].shown["outputs__valid", 0] != TRUE:
                return None
        token = tuple(
            copies[0].known[bit] for port in self._good.ports if port.name == "inputs__payload" for bit in port.bits
        )
        return _Course(tuple(copies), token, first)

    def _reachable(self) -> set[_State] | None:
        """List the states of the control that occur from a reset on; None where it heeds more than the handshake."""
        made, names = self._one.made, self._control
        inputs = [self._handshake[port] for port in ("rst", "inputs__valid", "outputs__ready")]
        own = {self._one.states[name] >> 1 for name in names} | {literal >> 1 for literal in inputs}
        following = [self._one.following[name] for name in names]
        shown = [self._one.shown[port, 0] for port in ("inputs__ready", "outputs__valid")]
        if not own.issuperset(made.variables([*following, *shown])):
            return None
        begun = _known(made, following, {inputs[0] >> 1: (1, 0), inputs[1] >> 1: (0, 1)}, 1)
        if any(ones == zeros for ones, zeros in begun):  # a reset must leave the control in one state, from any other
            return None
        self._reset_state = tuple(ones for ones, _ in begun)
        seen, fresh = {self._reset_state}, {self._reset_state}
        while fresh and len(seen) <= _MOST_STATES:
            fresh = {row.following for asked in (0, 1) for row in self._step(fresh, asked=asked)} - seen
            seen |= fresh
        return None if fresh else seen

    def _step(self, states: Iterable[_State], *, asked: int = 1) -> list[_Row]:
        """Let a cycle go by in some states of the control, with a token offered and without."""
        pairs = list(itertools.product(sorted(states), (0, 1)))
        mask = (1 << len(pairs)) - 1
        columns = [*zip(*(state for state, _ in pairs), strict=True)]
        values = {
            self._one.states[name] >> 1: sum(bit << row for row, bit in enumerate(column))
            for name, column in zip(self._control, columns, strict=True)
        }
        offers = sum(offered << row for row, (_, offered) in enumerate(pairs))
        given = {"rst": 0, "inputs__valid": offers, "outputs__ready": asked * mask}
        values |= {self._handshake[port] >> 1: value for port, value in given.items()}
        shown = [self._one.shown[port, 0] for port in ("inputs__ready", "outputs__valid")]
        wanted = [*shown, *(self._one.following[name] for name in self._control)]
        ready, valid, *after = evaluate(self._one.made, wanted, values, len(pairs))
        return [
            _Row(
                taken=bool(offered & ready >> row),
                valid=bool(valid >> row & 1),
                following=tuple(column >> row & 1 for column in after),
            )
            for row, (_, offered) in enumerate(pairs)
        ]

    def _answers(self, length: int, reachable: set[_State]) -> bool:
        """Tell whether, while nothing waits, a result stands so many cycles after a token was taken and never else."""
        first = self._step(reachable)
        for taken in (True, False):
            rows = [row for row in first if row.taken is taken]
            for _ in range(length):
                rows = self._step({row.following for row in rows})
            if any(row.valid is not taken for row in rows):
                return False
        states = {self._reset_state}
        for _ in range(length):
            rows = self._step(states)
            if any(row.valid for row in rows):
                return False
            states = {row.following for row in rows}
        return True

    # What a fault changes of it.

    def _waiting(self) -> tuple[Copy, Copy, Copy] | None:
        """Copy the good design as its result waits, and as there is none, refused and asked for.

        None where it cannot be told by the gates when a result waits.
        """
        made = Expressions()
        inputs = self._inputs(made, {"rst": FALSE})
        states = {name: made.variable(name) for name in self._names}
        copy = Copy(self._good, self._cells, made, inputs, states, order=self._one.order)
        valid, asked = copy.shown["outputs__valid", 0], inputs[self._ports["outputs__ready", 0]]
        if valid >> 1 not in made.names:  # neither a register nor an input by itself
            return None

        def given(waits: int, taken: int) -> Copy:
            fixed = {valid >> 1: waits ^ (valid & 1), asked >> 1: taken}
            known = {bit: fixed.get(literal >> 1, literal) for bit, literal in inputs.items()}
            held = {name: fixed.get(literal >> 1, literal) for name, literal in states.items()}
            return Copy(self._good, self._cells, made, known, held, order=self._one.order)

        return given(TRUE, FALSE), given(FALSE, FALSE), given(FALSE, TRUE)

    def _waits(self) -> bool:
        """Tell whether registers that matter keep their value as a result waits, and do not heed who asks for none."""
        if self._waiting_copies is None:
            return False
        waiting, refused, asked = self._waiting_copies
        self._live = waiting.live() | refused.live() | asked.live()
        pairs = [(waiting.following[name], waiting.states[name]) for name in sorted(self._live)]
        pairs += [(refused.following[name], asked.following[name]) for name in sorted(self._live)]
        pairs = [pair for pair in dict.fromkeys(pairs) if pair[0] != pair[1]]
        return not pairs or self._equal(waiting.made, pairs)

    def _loose(self, faulty: Netlist, order: Sequence[Instance]) -> set[str]:
        """Name the registers that may change as a result waits with the fault, or heed who asks where there is none."""
        assert self._waiting_copies is not None
        added = set(Copy.registers(faulty, self._cells)) - set(self._names)
        made = self._waiting_copies[0].made
        states = dict(self._waiting_copies[0].states) | {name: made.variable(name) for name in sorted(added)}
        waiting, refused, asked = (
            Copy(faulty, self._cells, made, {}, {**states, **copy.states}, beside=copy, order=order)
            for copy in self._waiting_copies
        )
        pairs: dict[str, list[tuple[int, int]]] = {}
        for name in states:
            now = tuple(copy.following[name] for copy in (waiting, refused, asked))
            before = tuple(copy.following.get(name) for copy in self._waiting_copies)
            if now != before or name not in self._live:  # else it is proved already
                pairs[name] = [(now[0], waiting.states[name]), (now[1], now[2])]
        unlike = {name: [pair for pair in each if pair[0] != pair[1]] for name, each in pairs.items()}
        doubtful = sorted(name for name, each in unlike.items() if each)
        if doubtful and self._equal(made, [pair for name in doubtful for pair in unlike[name]]):
            doubtful = []
        return set(doubtful)

    def _same(self, course: _Course, faulty: Netlist, order: Sequence[Instance], loose: set[str]) -> bool:
        """Tell whether the token's result is the same with the fault."""
        made, good = course.copies[0].made, course.copies[-1]
        states: dict[str, int] = {}
        for cycle, copy in enumerate(course.copies):
            for name in Copy.registers(faulty, self._cells):
                if name in loose or name not in states:
                    # All but the control may hold something else than in the good design.
                    same = cycle == 0 and name in self._control
                    states[name] = course.first[name] if same else made.variable(f"{name} {cycle}")
            last = Copy(faulty, self._cells, made, {}, states, beside=copy, order=order)
            states = dict(last.following)
        pairs = [
            (literal, last.shown[port])
            for port, literal in good.shown.items()
            if port[0] == "outputs__payload" and literal != last.shown[port]
        ]
        if not pairs:
            return True
        if len(course.token) > _EXHAUSTIVE_BITS:
            return self._equal(made, pairs)
        mask = (1 << (1 << len(course.token))) - 1
        values = {}
        for place, literal in enumerate(course.token):
            zeros = mask // ((1 << (1 << place)) + 1)  # 2**place rows of 0, as many of 1, and so on
            values[literal >> 1] = (mask & ~zeros, zeros)
        found = _known(made, [side for pair in pairs for side in pair], values, mask)
        return all(one == other and one[0] | one[1] == mask for one, other in zip(found[::2], found[1::2], strict=True))


def _known(
    made: Expressions, literals: Sequence[int], values: Mapping[int, tuple[int, int]], mask: int
) -> list[tuple[int, int]]:
    """Evaluate literals in three-valued logic on many assignments at once.

    Args:
        values: for variables' nodes, where each is 1 and where it is 0, as bits; elsewhere, and for other variables, it
            is not known.
    Returns: where each literal is 1 and where it is 0.
    """
    known: dict[int, tuple[int, int]] = {0: (0, mask), **values}

    def read(literal: int) -> tuple[int, int]:
        ones, zeros = known[literal >> 1]
        return (zeros, ones) if literal & 1 else (ones, zeros)

    for node in made.cone(literals):
        if node in known:
            continue
        if node in made.names:
            known[node] = (0, 0)
            continue
        (one, zero), (other, null) = (read(literal) for literal in made.reads[node])
        if node in made.exclusive:
            known[node] = one & null | zero & other, one & other | zero & null
        else:
            known[node] = one & other, zero | null
    return [read(literal) for literal in literals]

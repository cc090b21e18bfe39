"""Put what has only a number for a name, and is read once, into the place where it is read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain

from sim.procedural.module import Assignment, Module, Operand, union
from sim.procedural.schedule import Schedule
from sim.procedural.values import ASSOCIATIVE, is_bitwise, is_truth, value

__all__ = ["inline"]

_NUMBERED = re.compile(r"_\d+_")
_REGISTER = -1


def inline(module: Module, planned: Schedule) -> tuple[Module, Schedule]:
    """Write nested expressions, within a block and in what registers take.

    A simulator then stores and loads less, and what only a register takes is evaluated once a clock. Only operations
    that mean the same in every surrounding are moved.
    """
    inliner = _Inliner(module, planned)
    blocks = (tuple(inliner.filled(block)) for block in planned.blocks)
    kept = tuple(block for block in blocks if block)
    registers = tuple(replace(one, assignment=inliner.fill(one.assignment)) for one in module.registers)
    assert not inliner.values  # each has found its reader
    return replace(module, registers=registers), replace(planned, blocks=kept)


class _Inliner:
    """Find what moves from the readers backwards, and move it from the operands forwards.

    Attributes:
        homes: for what moves, by its name, where it ends: the number of a block, or `_REGISTER`.
        values: what has been taken from its place and waits for its reader.
    """

    def __init__(self, module: Module, planned: Schedule) -> None:
        registered = [register.assignment for register in module.registers]
        self.uses: dict[str, list[int]] = {}
        everything = [*chain.from_iterable(planned.blocks), *planned.continuous, *registered]
        reads = [operand.reads for assignment in everything for operand in assignment.operands]
        reads += [operand.reads for child in module.children for operand in child.connections.values()]
        reads += [{register.clock: 1} for register in module.registers]
        for bits_by_name in reads:
            for name, bits in bits_by_name.items():
                self.uses.setdefault(name, []).append(bits)
        self.homes: dict[str, int] = {}
        self.values: dict[str, Assignment] = {}
        readers = {text: _REGISTER for assignment in registered for text in _places(assignment)}
        for number in reversed(range(len(planned.blocks))):
            for assignment in reversed(planned.blocks[number]):
                text = assignment.target.text
                home = readers.get(text)
                if home in (number, _REGISTER) and self.may_move(assignment):
                    self.homes[text] = home
                readers |= dict.fromkeys(_places(assignment), self.homes.get(text, number))

    def may_move(self, assignment: Assignment) -> bool:
        """Tell whether it has but a number for a name, one reader, and a value that may stand anywhere."""
        if len(assignment.target.parts) != 1 or not (is_bitwise(assignment) or is_truth(assignment)):
            return False
        ((name, bits),) = assignment.target.reads.items()
        return bool(_NUMBERED.fullmatch(name)) and sum(used & bits != 0 for used in self.uses.get(name, ())) == 1

    def filled(self, block: Sequence[Assignment]) -> Iterator[Assignment]:
        """Give what stays of a block, and keep what moves."""
        for assignment in block:
            found = self.fill(assignment)
            if assignment.target.text in self.homes:
                self.values[assignment.target.text] = found
            else:
                yield found

    def fill(self, assignment: Assignment) -> Assignment:
        """Put what waits for it into the operands."""
        operands = list(assignment.operands)
        for place, operand in enumerate(operands):
            moved = self.values.pop(operand.text, None)
            if moved is None:
                continue
            if not assignment.operator:
                return replace(assignment, operator=moved.operator, operands=moved.operands)
            text = value(moved)
            chained = place == 0 and len(operands) == 2 and moved.operator == assignment.operator in ASSOCIATIVE
            inverted = len(operands) > 1 and moved.operator in ("~", "!")
            if moved.operator and not chained and not inverted:
                text = f"({text})"
            operands[place] = Operand(text=text, width=operand.width, reads=union(moved.operands))
        return replace(assignment, operands=tuple(operands))


def _places(assignment: Assignment) -> list[str]:
    """List the operands in whose place an expression may stand."""
    if is_bitwise(assignment):
        return [operand.text for operand in assignment.operands]
    return [assignment.operands[0].text] if len(assignment.operands) == 3 else []

"""Say nothing twice, and nothing that nobody hears: shared concatenations, and no assignment that is not read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import count

from sim.procedural.module import Assignment, Module, Operand, name_operand

__all__ = ["drop_unread", "share_words"]

_STEM = "word"


def share_words(module: Module) -> Module:
    """Give each concatenation that is used more than once a name: one that it has already, or a new one.

    Yosys writes a full adder's operands out at every gate of it.
    """
    uses = Counter(operand.text for operand in _operands(module) if _is_word(operand))
    names: dict[str, Operand] = {}
    for assignment in module.assignments:
        word, target = assignment.operands[0], assignment.target
        if not assignment.operator and len(target.parts) == 1 and uses[word.text] > 1 and _is_word(word):
            part = target.parts[0]
            whole = part.text == name_operand(part.name, 1).text and part.name not in module.signed
            known = names.get(word.text, target)
            if whole and target.width == word.width and _awkwardness(target) <= _awkwardness(known):
                names[word.text] = target
    widths = dict(module.widths)
    new: list[Assignment] = []
    numbers = count()
    for operand in _operands(module):
        if uses[operand.text] > 1 and operand.text not in names:
            name = next(name for number in numbers if (name := f"{_STEM}_{number}") not in module.widths)
            names[operand.text] = name_operand(name, operand.width)
            widths[name] = operand.width
            new.append(Assignment(target=names[operand.text], operator="", operands=(operand,)))

    def shared(assignment: Assignment) -> Assignment:
        first = names.get(assignment.operands[0].text)
        if not assignment.operator and first is assignment.target:
            return assignment  # this one gives the name
        if not any(operand.text in names for operand in assignment.operands):
            return assignment
        return replace(assignment, operands=tuple(names.get(one.text, one) for one in assignment.operands))

    return replace(
        module,
        widths=widths,
        assignments=(*map(shared, module.assignments), *new),
        registers=tuple(replace(one, assignment=shared(one.assignment)) for one in module.registers),
    )


def drop_unread(module: Module) -> Module:
    """Leave out the assignments that no output, register or instance depends on."""
    writers: dict[str, list[tuple[int, int]]] = {}
    for number, assignment in enumerate(module.assignments):
        for name, bits in assignment.target.reads.items():
            writers.setdefault(name, []).append((bits, number))
    wanted = [operand.reads for register in module.registers for operand in register.assignment.operands]
    wanted += [{register.clock: 1} for register in module.registers]
    wanted += [operand.reads for child in module.children for operand in child.connections.values()]
    wanted += [{port: -1} for port, direction in module.directions.items() if direction == "output"]
    kept: set[int] = set()
    while wanted:
        for name, bits in wanted.pop().items():
            for some, number in writers.get(name, ()):
                if some & bits and number not in kept:
                    kept.add(number)
                    wanted += [operand.reads for operand in module.assignments[number].operands]
    return replace(module, assignments=tuple(one for number, one in enumerate(module.assignments) if number in kept))


def _operands(module: Module) -> Iterator[Operand]:
    registered = [register.assignment for register in module.registers]
    return (operand for one in (*module.assignments, *registered) for operand in one.operands)


def _is_word(operand: Operand) -> bool:
    """Tell a concatenation of several things that are not all constant or all the same."""
    return len(set(operand.parts)) > 1 and any(part.name for part in operand.parts)


def _awkwardness(operand: Operand) -> tuple[bool, int, str]:
    return operand.text.startswith("\\"), len(operand.text), operand.text

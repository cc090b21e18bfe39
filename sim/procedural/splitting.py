"""Cut the knot of a word that depends on bits of its own: bit by bit, there is an order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import replace

from hdlgen.errors import ToolError
from sim.procedural.module import Assignment, Module, Operand, Part, name_operand, written
from sim.procedural.values import data, is_bitwise

__all__ = ["split_cycles"]

_DIGIT_BITS = {"b": 1, "h": 4}


def split_cycles(module: Module, cyclic: AbstractSet[int]) -> Module:
    """Split the bitwise assignments on cycles into one a bit: the carries of a ripple adder, above all.

    A copy stays whole: what reads it on the cycle reads the original.

    Args:
        cyclic: the numbers of the assignments on cycles; others may be among them.
    """
    knot = {number for number in cyclic if number < len(module.assignments) and is_bitwise(module.assignments[number])}
    originals: dict[str, Operand] = {}
    for number in sorted(knot):
        copy = module.assignments[number]
        if not copy.operator:
            targets, sources = _bits(copy.target, module.widths), _bits(copy.operands[0], module.widths)
            originals |= {target.text: source for target, source in zip(targets, sources, strict=True)}

    def original(bit: Operand) -> Operand:
        for _ in range(len(originals)):  # bounded, for a ring of copies has no original
            bit = originals.get(bit.text, bit)
        return bit

    assignments: list[Assignment] = []
    for number, assignment in enumerate(module.assignments):
        if number not in knot or not assignment.operator:
            assignments.append(assignment)
            continue
        words = data(assignment)
        condition = assignment.operands[: len(assignment.operands) - len(words)]
        columns = (_bits(word, module.widths) for word in words)
        for target, *bits in zip(_bits(assignment.target, module.widths), *columns, strict=True):
            operands = (*condition, *map(original, bits))
            assignments.append(Assignment(target=target, operator=assignment.operator, operands=operands))
    return replace(module, assignments=tuple(assignments))


def _bits(operand: Operand, widths: Mapping[str, int]) -> list[Operand]:
    """Take an operand apart, highest bit first."""
    return [bit for part in operand.parts for bit in (_bits_of_name if part.name else _bits_of_constant)(part, widths)]


def _bits_of_name(part: Part, widths: Mapping[str, int]) -> Iterator[Operand]:
    if widths[part.name] == 1:
        yield name_operand(part.name, 1)
        return
    for place in range(part.high, part.low - 1, -1):
        text = f"{written(part.name)}[{place}]"
        yield Operand(text=text, parts=(Part(text, part.name, place, place),), width=1, reads={part.name: 1 << place})


def _bits_of_constant(part: Part, widths: Mapping[str, int]) -> Iterator[Operand]:
    width, _, digits = part.text.replace("s", "").partition("'")
    each = _DIGIT_BITS[digits[0]]
    bits = "".join(digit * each if digit in "xz" else f"{int(digit, 16):0{each}b}" for digit in digits[1:])
    if len(bits) < int(width):
        raise ToolError(f"yosys: a constant must have all its digits, not {part.text!r}")
    for bit in bits[len(bits) - int(width) :]:
        text = f"1'b{bit}" if bit in "xz" else f"1'h{bit}"
        yield Operand(text=text, parts=(Part(text, "", 0, 0),), width=1, reads={})

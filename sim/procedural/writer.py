"""Write a module with its blocks as Verilog."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain, groupby

from sim.procedural.module import Assignment, Child, Module, written
from sim.procedural.schedule import Schedule
from sim.procedural.values import value

__all__ = ["write_module"]

_WORD = re.compile(r"\{ ([^{}]*) \}")
_REPEATED = 3
"""From how many equal things in a row a concatenation counts them."""


def write_module(module: Module, planned: Schedule) -> str:
    """Write a module; a block of one assignment is written as a continuous one."""
    blocks = [block for block in planned.blocks if len(block) > 1]
    continuous = [*chain.from_iterable(block for block in planned.blocks if len(block) == 1), *planned.continuous]
    registered = [register.assignment for register in module.registers]
    variables = {name for one in (*chain.from_iterable(blocks), *registered) for name in one.target.reads}
    lines = [module.header, *_declarations(module, [*chain.from_iterable(blocks), *continuous, *registered], variables)]
    for register in module.registers:
        lines.append(f"  always @(posedge {written(register.clock)})")
        lines.append(f"    {_line(register.assignment, '<=')}")
    for block in blocks:
        lines += ["  always @* begin", *(f"    {_line(one, '=')}" for one in block), "  end"]
    lines += [f"  assign {_line(one, '=')}" for one in continuous]
    lines += chain.from_iterable(map(_instance, module.children))
    return "\n".join([*lines, "endmodule\n"])


def _declarations(module: Module, assignments: list[Assignment], variables: set[str]) -> Iterator[str]:
    operands = [operand for one in assignments for operand in (one.target, *one.operands)]
    operands += [operand for child in module.children for operand in child.connections.values()]
    used = {name for operand in operands for name in operand.reads} | set(module.directions)
    used |= {register.clock for register in module.registers}
    for name, width in module.widths.items():
        if name in used:
            span = f"{' signed' if name in module.signed else ''}{f' [{width - 1}:0]' if width > 1 else ''}"
            if name in module.directions:
                yield f"  {module.directions[name]}{span} {written(name)};"
            yield f"  {'reg' if name in variables else 'wire'}{span} {written(name)};"


def _line(assignment: Assignment, sign: str) -> str:
    return f"{assignment.target.text} {sign} {_counted(value(assignment))};"


def _instance(child: Child) -> Iterator[str]:
    yield f"  {written(child.module)} {written(child.name)} ("
    ports = [f"    .{written(port)}({_counted(operand.text)})" for port, operand in child.connections.items()]
    yield ",\n".join(ports)
    yield "  );"


def _counted(text: str) -> str:
    """Write `{4{a}}` for `{ a, a, a, a }`."""
    return _WORD.sub(_count, text) if "{" in text else text


def _count(found: re.Match[str]) -> str:
    texts = []
    for item, run in groupby(found[1].split(", ")):
        count = len(list(run))
        texts += [f"{{{count}{{{item}}}}}"] if count >= _REPEATED else [item] * count
    return texts[0] if len(texts) == 1 and texts[0].startswith("{") else f"{{ {', '.join(texts)} }}"

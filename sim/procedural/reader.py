"""Read the Verilog that Yosys writes with `write_verilog -noattr -nodec`: one record a module.

That text is very regular: a statement a line, one operation an assignment, and operands that are names, selections,
constants or flat concatenations of these. A line of another form is refused, never passed on unread.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from hdlgen.errors import ToolError
from sim.procedural.module import Assignment, Child, Module, Operand, Part, Register, name_operand, written

__all__ = ["read_modules"]

_NAME = r"(?:\\[^\s,{}]+ |[A-Za-z_]\w*)"
_WIDEST = 1 << 20
"""Bits of a name or constant: wider than any design of ours."""
_CONSTANT = r"\d+'s?[bh][0-9a-fxz]+"
_SELECTED = rf"{_NAME} *(?:\[\d+(?::\d+)?\])?"
_OPERAND = rf"(?:\{{[^{{}}]*\}}|{_CONSTANT}|{_SELECTED})"
_UNARY = r"~&|~\||~\^|[-+~!&|^]"
_BINARY = r"<<<|>>>|<<|>>|<=|>=|===|!==|==|!=|&&|\|\||~\^|[-+*/%&|^<>]"

_HEADER = re.compile(rf"module ({_NAME}) *\(.*\);")
_DECLARATION = re.compile(rf"(input|output|wire|reg)( signed)?(?: \[(\d+):0\])? ({_NAME})(?: = (.*))?;")
_ASSIGNMENT = re.compile(r"assign (.*?) = (.*);")
_CLOCK = re.compile(rf"always @\(posedge ({_NAME})\)")
_REGISTER = re.compile(rf"({_SELECTED}) <= (.*);")
_CHILD = re.compile(rf"({_NAME}) *({_NAME}) *\(")
_CONNECTION = re.compile(rf"\.({_NAME})\((.*)\),?")
_OPERATION = re.compile(rf"({_UNARY})? *({_OPERAND})(?: *({_BINARY}|\?) *({_OPERAND})(?: *: *({_OPERAND}))?)?")
_PLAIN = re.compile(_OPERAND)
_TOKEN = re.compile(
    rf"({_NAME}) *(?:\[(\d+)(?::(\d+))?\])?|({_CONSTANT})|(?:\d+|\$(?:un)?signed|{_BINARY}|[+-]:|[][(){{}}?:,~! ])|(.)"
)


def read_modules(text: str) -> tuple[Module, ...]:
    """Read all modules of a text.

    Raises: ToolError for a line that Yosys is not known to write.
    """
    whole = re.sub(r"\n(?=,|\);)", "", text)  # it breaks a long list of ports before a comma or at its end
    lines = iter([line.strip() for line in whole.splitlines() if line.strip()])
    return tuple(_Reader(line).read(lines) for line in lines)


class _Reader:
    """Read one module; an operand that occurs again and again is read once."""

    def __init__(self, header: str) -> None:
        found = _HEADER.fullmatch(header)
        if found is None:
            raise _refusal(header)
        self.name = found[1].strip()
        self.header = header
        self.directions: dict[str, str] = {}
        self.widths: dict[str, int] = {}
        self.signed: set[str] = set()
        self.assignments: list[Assignment] = []
        self.registers: list[Register] = []
        self.children: list[Child] = []
        self.operands: dict[str, Operand] = {}

    def read(self, lines: Iterator[str]) -> Module:
        """Read up to the end of the module."""
        for line in lines:
            if found := _ASSIGNMENT.fullmatch(line):
                self.assignments.append(self.assignment(found[1], found[2]))
            elif found := _DECLARATION.fullmatch(line):
                self.declare(*found.groups())
            elif found := _CLOCK.fullmatch(line):
                self.registers.append(self.register(found[1], next(lines, "")))
            elif line == "endmodule":
                break
            elif found := _CHILD.fullmatch(line):
                self.children.append(self.child(found[1].strip(), found[2].strip(), lines))
            else:
                raise _refusal(line)
        else:
            raise _refusal(f"{self.header} without an end")
        return Module(
            name=self.name,
            header=self.header,
            directions=self.directions,
            widths=self.widths,
            signed=frozenset(self.signed),
            assignments=tuple(self.assignments),
            registers=tuple(self.registers),
            children=tuple(self.children),
        )

    def declare(self, kind: str, signed: str | None, high: str | None, name: str, value: str | None) -> None:
        """Note a name; a wire may be declared with its value."""
        text, name = name, name.strip()
        self.widths[name] = _width(high or "0", name) + 1
        if signed:
            self.signed.add(name)
        if kind in ("input", "output"):
            self.directions[name] = kind
        if value is not None:
            self.assignments.append(self.assignment(text, value))

    def assignment(self, target: str, value: str) -> Assignment:
        """Take a value apart; one of another form, of known tokens all the same, counts as copied."""
        texts, operator = [value], ""
        found = _OPERATION.fullmatch(value)
        if found is not None:
            unary, first, binary, second, third = found.groups()
            if (third is not None) == (binary == "?") and not (unary and binary):
                texts, operator = [text for text in (first, second, third) if text is not None], unary or binary or ""
        operands = tuple(self.operand(text) for text in texts)
        return Assignment(target=self.operand(target), operator=operator, operands=operands)

    def register(self, clock: str, line: str) -> Register:
        """Read what follows `always @(posedge clock)`."""
        found = _REGISTER.fullmatch(line)
        if found is None:
            raise _refusal(line)
        return Register(clock=clock.strip(), assignment=self.assignment(found[1], found[2]))

    def child(self, module: str, name: str, lines: Iterator[str]) -> Child:
        """Read the connections of an instance."""
        connections: dict[str, Operand] = {}
        for line in lines:
            if line == ");":
                break
            found = _CONNECTION.fullmatch(line)
            if found is None:
                raise _refusal(line)
            connections[found[1].strip()] = self.operand(found[2])
        else:
            raise _refusal(f"instance {name} without an end")
        return Child(module=module, name=name, connections=connections)

    def operand(self, text: str) -> Operand:
        """Read an operand, or a whole expression of another form."""
        known = self.operands.get(text)
        if known is None:
            name = text.strip()
            width = self.widths.get(name, 0)
            known = self.operands[text] = name_operand(name, width) if width else self._operand(name)
        return known

    def _operand(self, text: str) -> Operand:
        reads: dict[str, int] = {}
        parts: list[Part] = []
        for found in _TOKEN.finditer(text):
            name, high, low, constant, unknown = found.groups()
            if unknown:
                raise _refusal(text)
            if constant:
                parts.append(Part(constant, "", _width(constant.partition("'")[0], text) - 1, 0))
            if name:
                name = name.strip()
                width = self.widths.get(name, 0)
                bottom = int(low or high or 0)
                top = int(high) if high else width - 1
                if not bottom <= top < width:
                    raise _refusal(text)
                selection = found[0][found.end(1) - found.start() :].strip()
                parts.append(Part(written(name) + selection, name, top, bottom))
                reads[name] = reads.get(name, 0) | (2 << top) - (1 << bottom)
        if not _PLAIN.fullmatch(text):
            return Operand(text=text, width=0, reads=reads)
        width = sum(part.high - part.low + 1 for part in parts)
        return Operand(text=text, parts=tuple(parts), width=width, reads=reads)


def _width(digits: str, line: str) -> int:
    """Read a width or the number of a highest bit."""
    if len(digits) > 9 or int(digits) > _WIDEST:
        raise _refusal(line)
    return int(digits)


def _refusal(line: str) -> ToolError:
    return ToolError(f"yosys: each line of its Verilog must be of a known form, not {line[:200]!r}")

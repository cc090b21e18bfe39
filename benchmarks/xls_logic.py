"""Google XLS as a competitor: our dataflow as its IR, optimised by it, and its combinational Verilog as RTLIL.

The package `xls-python` belongs to the extra `bench`; nothing but this benchmark needs it.
"""

from __future__ import annotations

import importlib
import importlib.util
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.stream_shell import LOGIC, logic_ports, shell_rtlil
from hdlgen.compiler import Compiler
from hdlgen.dataflow import Dataflow, Kind, Operation
from hdlgen.errors import ToolError
from hdlgen.number import Format
from hdlgen.payload import Port
from sim.steps import Built
from sim.verilog import rtlil_to_verilog
from sim.yosys import run_passes

__all__ = ["is_installed", "to_ir", "xls_design"]

_INPUT, _OUTPUT = "logic.v", "logic.il"
_SECONDS = 120.0
_BITWISE = {Kind.AND: "and", Kind.OR: "or", Kind.XOR: "xor"}


def is_installed() -> bool:
    """Tell whether the package is there."""
    return importlib.util.find_spec("xls") is not None


def xls_design(compiler: Compiler, datapath: dict[str, object]) -> Built:
    """Have XLS optimise a design's dataflow, and put what comes out into the same shell and registers.

    Args:
        datapath: the summary of the stock design, which has the same registers.
    Raises: ToolError where XLS or Yosys refuses it, or the dataflow holds what XLS' IR is not written for here.
    """
    rtlil = shell_rtlil(compiler, _to_rtlil(_optimised(to_ir(compiler))))
    return Built(rtlil=rtlil, verilog=rtlil_to_verilog(rtlil), datapath=dict(datapath))


def _optimised(ir: str) -> str:
    """Optimise IR and emit it as one combinational Verilog module."""
    xls = importlib.import_module("xls")
    try:
        package = xls.parse_ir_package(xls.optimize_ir(ir, LOGIC))
        emitted = package.schedule_and_codegen(generator="combinational", module_name=LOGIC, use_system_verilog=False)
        return str(emitted.get_verilog_text())
    except RuntimeError as error:
        raise ToolError(f"xls: it must take the design, not end so: {error}") from None


def _to_rtlil(verilog: str) -> str:
    with tempfile.TemporaryDirectory(prefix="hdlgen-xls-") as name:
        folder = Path(name)
        (folder / _INPUT).write_text(verilog)
        passes = (f"read_verilog {_INPUT}", "proc", "opt_clean", f"write_rtlil {_OUTPUT}")
        run_passes(passes, folder=folder, seconds=_SECONDS)
        return (folder / _OUTPUT).read_text()


def to_ir(compiler: Compiler) -> str:
    """Write a dataflow as XLS IR: function `computation` of the payload and the states, ports as in `logic_ports`.

    Raises: ToolError for an operation that is not among those that it writes.
    """
    return _Writer(compiler.dataflow, compiler.inputs, logic_ports(compiler)).text()


class _Writer:
    """The lines written so far, and the name of every operation's value."""

    def __init__(self, dataflow: Dataflow, inputs: Sequence[Port], ports: tuple[int, int, int]) -> None:
        self.dataflow = dataflow
        self.ports = ports
        self.lines: list[str] = []
        self.names: list[str] = []
        self.starts: dict[str, int] = {}
        place = 0
        for port in inputs:
            self.starts[port.name] = place
            place += port.width

    def text(self) -> str:
        payload, states, out = self.ports
        places: dict[int, int] = {}
        place = 0
        for register in self.dataflow.registers:
            places[register.state] = place
            place += self.dataflow.operations[register.state].format.width
        for number, operation in enumerate(self.dataflow.operations):
            if operation.kind is Kind.STATE:
                self.names.append(self._slice("states", places[number], operation.format.width))
            else:
                self.names.append(self._value(operation))
        wanted = [*self.dataflow.results(), *(register.next for register in self.dataflow.registers)]
        parts = ", ".join(self.names[number] for number in reversed(wanted))  # the first operand is the highest
        parameters = f"payload: bits[{payload}]" + (f", states: bits[{states}]" if states else "")
        head = f"package design\n\ntop fn {LOGIC}({parameters}) -> bits[{out}] {{"
        return "\n".join([head, *self.lines, f"  ret out_bits: bits[{out}] = concat({parts})", "}", ""])

    def _line(self, width: int, text: str) -> str:
        name = f"v{len(self.lines)}"
        self.lines.append(f"  {name}: bits[{width}] = {text}")
        return name

    def _slice(self, name: str, start: int, width: int) -> str:
        return self._line(width, f"bit_slice({name}, start={start}, width={width})")

    def _literal(self, value: int, width: int) -> str:
        return self._line(width, f"literal(value={value & ((1 << width) - 1)})")

    def _fitted(self, name: str, format: Format, width: int) -> str:
        """Extend a value by its sign, or cut it."""
        if width == format.width:
            return name
        if width < format.width:
            return self._slice(name, 0, width)
        return self._line(width, f"{'sign' if format.signed else 'zero'}_ext({name}, new_bit_count={width})")

    def _arg(self, number: int, width: int) -> str:
        return self._fitted(self.names[number], self.dataflow.operations[number].format, width)

    def _value(self, operation: Operation) -> str:
        width, args = operation.format.width, operation.args
        formats = [self.dataflow.operations[arg].format for arg in args]
        match operation.kind:
            case Kind.INPUT:
                return self._slice("payload", self.starts[operation.name] + operation.place * width, width)
            case Kind.CONSTANT:
                return self._literal(operation.place, width)
            case Kind.SUM:
                return self._sum(operation)
            case Kind.AND | Kind.OR | Kind.XOR:
                operands = f"{self._arg(args[0], width)}, {self._arg(args[1], width)}"
                return self._line(width, f"{_BITWISE[operation.kind]}({operands})")
            case Kind.NOT:
                return self._line(width, f"not({self._arg(args[0], width)})")
            case Kind.EQUAL:
                both = max(format.width for format in formats) + 1
                return self._line(1, f"eq({self._arg(args[0], both)}, {self._arg(args[1], both)})")
            case Kind.SELECT:
                none = self._literal(0, formats[0].width)
                chosen = self._line(1, f"ne({self.names[args[0]]}, {none})")
                cases = f"{self._arg(args[2], width)}, {self._arg(args[1], width)}"
                return self._line(width, f"sel({chosen}, cases=[{cases}])")
            case Kind.SATURATE:
                return self._saturated(operation, formats[0])
            case Kind.SHIFT_LEFT:
                return self._line(width, f"shll({self._arg(args[0], width)}, {self.names[args[1]]})")
            case Kind.SHIFT_RIGHT:
                wide = max(width, formats[0].width)
                shift = "shra" if formats[0].signed else "shrl"
                shifted = self._line(wide, f"{shift}({self._arg(args[0], wide)}, {self.names[args[1]]})")
                return shifted if wide == width else self._slice(shifted, 0, width)
            case Kind.SLICE:
                return self._slice(self._arg(args[0], operation.place + width), operation.place, width)
            case Kind.JOIN:
                parts = ", ".join(self.names[arg] for arg in reversed(args))
                return self._line(width, f"concat({parts})")
            case kind:
                raise ToolError(f"xls: an operation must be one that is written as its IR, not {kind.value!r}")

    def _sum(self, operation: Operation) -> str:
        """Write the products, each in the width that it needs, and add them up left to right."""
        width = operation.format.width
        operations = self.dataflow.operations
        total = ""
        for term in operation.terms:
            low, high = 1, 1
            name, format = "", Format(width=1, signed=False)
            for factor in term.factors:
                own = operations[factor]
                corners = [a * b for a in (low, high) for b in (own.low, own.high)]
                low, high = min(corners), max(corners)
                if name:
                    name, format = self._product(name, format, self.names[factor], own.format, low, high)
                else:
                    name, format = self.names[factor], own.format
            if term.coefficient not in (1, -1):
                own_format = Format.holding(term.coefficient, term.coefficient)
                constant = self._literal(term.coefficient, own_format.width)
                low, high = sorted((low * term.coefficient, high * term.coefficient))
                name, format = self._product(name, format, constant, own_format, low, high)
            addend = self._fitted(name, format, width) if name else self._literal(term.coefficient, width)
            if term.coefficient == -1 and name:
                total = self._line(width, f"sub({total}, {addend})" if total else f"neg({addend})")
            else:
                total = self._line(width, f"add({total}, {addend})") if total else addend
        if operation.place or not total:
            constant = self._literal(operation.place, width)
            total = self._line(width, f"add({total}, {constant})") if total else constant
        return total

    def _product(
        self, left: str, left_format: Format, right: str, right_format: Format, low: int, high: int
    ) -> tuple[str, Format]:
        format = Format.holding(low, high)
        if not left_format.signed and not right_format.signed:
            return self._line(format.width, f"umul({left}, {right})"), format
        operands = []
        for name, own in ((left, left_format), (right, right_format)):
            operands.append(name if own.signed else self._fitted(name, own, own.width + 1))
        return self._line(format.width, f"smul({operands[0]}, {operands[1]})"), format

    def _saturated(self, operation: Operation, source: Format) -> str:
        """Compare in a format with a sign that holds source and target, choose, and cut."""
        target = operation.format
        wide = max(source.width, target.width) + 1
        value = self._arg(operation.args[0], wide)
        for limit, compare in ((target.high, "sgt"), (target.low, "slt")):
            bound = self._literal(limit, wide)
            beyond = self._line(1, f"{compare}({value}, {bound})")
            value = self._line(wide, f"sel({beyond}, cases=[{value}, {bound}])")
        return self._slice(value, 0, target.width)

"""Run RTLIL text in many lanes at once: an oracle that reads what Yosys reads and shares no code with what wrote it.

A thousand input vectors, or a hundred streams with gaps and stalls of their own, cost little more than one. Registers
start with noise, since no chip has initial values.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from amaranth.lib import wiring

from hdlgen.emit import to_rtlil
from tests.hdlgen.gates import AND, MUX, NOT, OR, XOR, Bits, Gates

__all__ = ["Netlist", "Run", "evaluate"]

Reader = Callable[[str], list[Bits]]

_TOKEN = re.compile(r"\[[^\]]*\]|\{|\}|[^\s{}]+")
_LOGIC = {"$and": AND, "$or": OR, "$xor": XOR}
_REDUCE = {"$reduce_and": AND, "$reduce_or": OR, "$reduce_bool": OR, "$reduce_xor": XOR}


@dataclass
class _Module:
    widths: dict[str, int] = field(default_factory=dict)
    ports: dict[str, str] = field(default_factory=dict)
    cells: list[tuple[str, dict[str, int], dict[str, str]]] = field(default_factory=list)
    processes: list[list[str]] = field(default_factory=list)
    connections: list[str] = field(default_factory=list)


def _modules(text: str) -> dict[str, _Module]:
    """Read the lines of the text into modules."""
    modules: dict[str, _Module] = {}
    module = _Module()
    lines = iter([line.strip() for line in text.splitlines() if line.strip()])
    for line in lines:
        word, _, rest = line.partition(" ")
        words = rest.split()
        if word == "module":
            module = modules[rest] = _Module()
        elif word == "wire":
            module.widths[words[-1]] = int(words[words.index("width") + 1]) if "width" in words else 1
            for direction in {"input", "output"} & set(words):
                module.ports[words[-1]] = direction
        elif word == "cell":
            inner = [each.split(" ", 2) for each in _block(lines)]
            parameters = {name[1:]: int(value) for kind, name, value in inner if kind == "parameter"}
            pins = {name[1:]: value for kind, name, value in inner if kind == "connect"}
            module.cells.append((words[0], parameters, pins))
        elif word == "process":
            module.processes.append(list(_block(lines)))
        elif word == "connect":
            module.connections.append(rest)
        elif word not in {"attribute", "end"}:
            raise ValueError(f"rtlil: line must be known, not {line!r}")
    return modules


def _block(lines: Iterator[str]) -> Iterator[str]:
    """Yield lines up to the end that closes them."""
    depth = 0
    for line in lines:
        depth += line.startswith("switch ") - (line == "end")
        if depth < 0:
            return
        yield line


def _cases(lines: Iterator[str]) -> list[tuple[str, list[str]]]:
    """Read the cases of a switch: patterns and lines."""
    cases: list[tuple[str, list[str]]] = []
    depth = 0
    for line in _block(lines):
        word, _, rest = line.partition(" ")
        if word == "case" and not depth:
            cases.append((rest, []))
        else:
            cases[-1][1].append(line)
        depth += (word == "switch") - (word == "end")
    return cases


def _signals(tokens: Iterator[str], nets: Mapping[str, Bits]) -> list[Bits]:
    """Read signals until the closing brace or the end, in their order; a concatenation counts as one."""
    found: list[Bits] = []
    for token in tokens:
        if token == "}":
            break
        if token == "{":
            found.append([bit for part in reversed(_signals(tokens, nets)) for bit in part])
        elif token.startswith("["):
            high, _, low = token[1:-1].partition(":")
            found[-1] = found[-1][int(low or high) : int(high) + 1]
        elif token[0].isdigit():
            width, _, digits = token.partition("'")
            if len(digits) != int(width):
                raise ValueError(f"rtlil: constant must have all its digits, not {token!r}")
            found.append([int(digit) for digit in reversed(digits)])
        else:
            found.append(nets[token])
    return found


class Netlist:
    """A design without hierarchy: gates and registers.

    Args:
        text: RTLIL text.
        top: name of the top module.
    Raises: ValueError for a construct that is not known, a net with two drivers or none, or a combinational loop.
    """

    def __init__(self, text: str, top: str = "top") -> None:
        self.cell_types: Counter[str] = Counter()
        self.gates = Gates()
        self._modules = _modules(text)
        module = self._modules["\\" + top]
        self.ports = {name[1:]: self.gates.new(module.widths[name]) for name in module.ports}
        self._flatten(module, self.ports)
        inputs = [bit for name, kind in module.ports.items() if kind == "input" for bit in self.ports[name[1:]]]
        self.gates.plan(inputs)

    def _flatten(self, module: _Module, ports: Mapping[str, Bits]) -> None:
        nets = {name: ports.get(name[1:]) or self.gates.new(width) for name, width in module.widths.items()}
        for name, bits in ports.items():
            if len(bits) != module.widths.get("\\" + name):
                raise ValueError(f"rtlil: port {name} must be connected whole")

        def read(text: str) -> list[Bits]:
            return _signals(iter(_TOKEN.findall(text)), nets)

        for text in module.connections:
            self.gates.join(*read(text))
        for kind, parameters, connections in module.cells:
            pins = {name: read(text)[0] for name, text in connections.items()}
            self.cell_types[kind] += 1
            if kind in self._modules:
                self._flatten(self._modules[kind], pins)
            else:
                self._cell(kind, parameters, pins)
        for lines in module.processes:
            for target, value in self._process(iter(lines), read, {}).items():
                self.gates.join([target], [value])

    def _process(self, lines: Iterator[str], read: Reader, now: Mapping[int, int]) -> dict[int, int]:
        """Turn assignments, switches and cases into multiplexers: what each assigned net is in the end."""
        after = dict(now)
        for line in lines:
            word, _, rest = line.partition(" ")
            if word == "assign":
                after.update(zip(*read(rest), strict=True))
            elif word == "switch":
                (selector,) = read(rest)
                before = dict(after)
                for patterns, body in reversed(_cases(lines)):
                    hit = self._match(selector, patterns)
                    end = self._process(iter(body), read, before)
                    if end.keys() != before.keys():
                        raise ValueError("rtlil: a process must assign a net before it switches")
                    after = {
                        target: value if value == end[target] else self.gates.gate(MUX, value, end[target], hit)
                        for target, value in after.items()
                    }
            else:
                raise ValueError(f"rtlil: line of a process must be known, not {line!r}")
        return after

    def _match(self, selector: Bits, patterns: str) -> int:
        """Make the bit that tells whether a case is hit; a case without patterns always is."""
        hits = []
        for pattern in filter(None, map(str.strip, patterns.split(","))):
            pairs = zip(selector, reversed(pattern.partition("'")[2]), strict=True)
            wanted = [bit if digit == "1" else self.gates.gate(NOT, bit) for bit, digit in pairs if digit != "-"]
            hits.append(self.gates.every(AND, wanted))
        return self.gates.every(OR, hits) if hits else 1

    def _cell(self, kind: str, parameters: Mapping[str, int], pins: Mapping[str, Bits]) -> None:
        if kind == "$dff":
            for data, output in zip(pins["D"], pins["Q"], strict=True):
                self.gates.register(data, output)
        elif kind == "$fa":
            for a, b, c, carry, total in zip(*(pins[name] for name in "ABCXY"), strict=True):
                self.gates.join([total, carry], self.gates.full_adder(a, b, c))
        elif kind == "$mux":
            self.gates.join(pins["Y"], self.gates.choose(pins["A"], pins["B"], pins["S"][0]))
        else:
            self.gates.join(pins["Y"], self._word(kind, parameters, pins))

    def _word(self, kind: str, parameters: Mapping[str, int], pins: Mapping[str, Bits]) -> Bits:
        """Make the gates of a cell on words, as wide as its output."""
        gates, a, b, width = self.gates, pins["A"], pins.get("B", []), len(pins["Y"])

        def extended(name: str, least: int) -> Bits:
            bits = pins[name]
            return (bits + [bits[-1] if parameters[f"{name}_SIGNED"] else 0] * (least - len(bits)))[:least]

        if "B" in pins and not kind.endswith(("shl", "shr")) and parameters["A_SIGNED"] != parameters["B_SIGNED"]:
            raise ValueError(f"rtlil: {kind} must have operands of one sign")
        match kind:
            case "$and" | "$or" | "$xor":
                pairs = zip(extended("A", width), extended("B", width), strict=True)
                return [gates.gate(_LOGIC[kind], *pair) for pair in pairs]
            case "$not":
                return gates.inverted(extended("A", width))
            case "$reduce_and" | "$reduce_or" | "$reduce_bool" | "$reduce_xor":
                return [gates.every(_REDUCE[kind], a)] + [0] * (width - 1)
            case "$eq" | "$ne":
                widest = max(len(a), len(b))
                pairs = zip(extended("A", widest), extended("B", widest), strict=True)
                differ = gates.every(OR, [gates.gate(XOR, *pair) for pair in pairs])
                return [gates.gate(NOT, differ) if kind == "$eq" else differ] + [0] * (width - 1)
            case "$add":
                return gates.add(extended("A", width), extended("B", width))
            case "$sub":
                return gates.add(extended("A", width), gates.inverted(extended("B", width)), 1)
            case "$neg":
                return gates.add([0] * width, gates.inverted(extended("A", width)), 1)
            case "$mul":
                return gates.multiply(extended("A", width), extended("B", width))
            case "$shl" | "$shr" | "$sshr":
                return self._shifted(extended("A", max(width, len(a))), b, kind)[:width]
            case _:
                raise ValueError(f"rtlil: cell must be known, not {kind!r}")

    def _shifted(self, bits: Bits, amount: Bits, kind: str) -> Bits:
        """Shift by the bits of an amount, one after the other."""
        fill = bits[-1] if kind == "$sshr" else 0
        for place, select in enumerate(amount):
            distance = min(1 << place, len(bits))
            rest = len(bits) - distance
            moved = [0] * distance + bits[:rest] if kind == "$shl" else bits[distance:] + [fill] * distance
            bits = self.gates.choose(bits, moved, select)
        return bits


class Run:
    """A run of a netlist, clock by clock, in a number of lanes."""

    def __init__(self, netlist: Netlist, lanes: int, *, seed: int = 0) -> None:
        self.netlist = netlist
        self.lanes = lanes
        self._values = netlist.gates.blank(lanes, seed)

    def set(self, name: str, numbers: Sequence[int]) -> None:
        """Give an input one number a lane."""
        self.netlist.gates.write(self._values, self.netlist.ports[name], numbers)

    def get(self, name: str) -> list[int]:
        """Read a port, one unsigned number a lane."""
        return self.netlist.gates.read(self._values, self.netlist.ports[name], self.lanes)

    def settle(self) -> None:
        """Let the gates take their values."""
        self.netlist.gates.settle(self._values)

    def tick(self) -> None:
        """Let the registers take what stands before them."""
        self.netlist.gates.tick(self._values)


def evaluate(component: wiring.Component, output: str, **inputs: Sequence[int]) -> list[int]:
    """Evaluate a combinational component: one number a lane for each input, and so for the output, unsigned."""
    run = Run(Netlist(to_rtlil(component)), len(next(iter(inputs.values()))))
    for name, numbers in inputs.items():
        run.set(name, numbers)
    run.settle()
    return run.get(output)

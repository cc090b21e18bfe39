"""Unroll a design over one token: what its result is made of, whatever else is in flight.

Cycles are those in which the kernel moves, counted as in `hdlgen.schedule`: the token is accepted in cycle -1. All
other tokens, their being there and every register's earlier content are variables of their own, so that an expression
without such a variable is the same in any traffic. Only what is asked for is built.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from sim.circuit import Circuit, Driver, constant, drive
from sim.expressions import FALSE, TRUE, Expressions
from sim.netlist import Bit

__all__ = ["Unrolling"]

_PAYLOAD, _VALID, _READY = "inputs__payload", "inputs__valid", "outputs__ready"


class Unrolling:
    """The nets of a design, cycle by cycle.

    Args:
        circuit: module `top` of the design.
        fixed: registers whose content in cycle -1 is known, by net.
        made: where expressions are made.

    Attributes:
        token: literals of the payload that is accepted in cycle -1.
        definitions: for each variable that `cut` made, the literal that it stands for.
    """

    def __init__(self, circuit: Circuit, fixed: Mapping[int, int], made: Expressions) -> None:
        self.circuit, self.made = circuit, made
        self.token = tuple(made.variable(f"token[{place}]") for place in range(len(circuit.inputs[_PAYLOAD])))
        self.definitions: dict[int, int] = {}
        self._known: dict[tuple[int, int], int] = {(net, -1): literal for net, literal in fixed.items()}
        self._cuts: set[tuple[int, int]] = set()
        ports = {bit: (name, place) for name, bits in circuit.inputs.items() for place, bit in enumerate(bits)}
        self._ports = {bit: port for bit, port in ports.items() if isinstance(bit, int)}

    @classmethod
    def combinational(cls, circuit: Circuit, values: Mapping[Bit, int], made: Expressions) -> Unrolling:
        """Take a circuit without registers, whose inputs are given; everything happens in cycle 0."""
        unrolling = cls.__new__(cls)
        unrolling.circuit, unrolling.made, unrolling.token, unrolling.definitions = circuit, made, (), {}
        unrolling._known = {(bit, 0): literal for bit, literal in values.items() if isinstance(bit, int)}
        unrolling._cuts, unrolling._ports = set(), {}
        return unrolling

    def cut(self, bits: Sequence[Bit], cycle: int) -> None:
        """Let nets of a cycle be variables to whoever reads them, unless they are no more than that anyhow."""
        self._cuts.update((bit, cycle) for bit in bits if isinstance(bit, int))

    def hold(self, bit: Bit, cycle: int, literal: int) -> None:
        """State what a register holds in a cycle."""
        if isinstance(bit, int):
            self._known[bit, cycle] = literal

    def value(self, bit: Bit, cycle: int) -> int:
        """Give the literal of a net in a cycle."""
        if not isinstance(bit, int):
            return constant(bit)
        known = self._known
        stack = [(bit, cycle)]
        while stack:
            place = stack[-1]
            if place in known:
                stack.pop()
                continue
            missing = self._step(*place)
            if missing:
                stack.extend(missing)
            else:
                stack.pop()
        return known[bit, cycle]

    def _step(self, net: int, cycle: int) -> list[tuple[int, int]]:
        """Put down the literal of a net, or list what it must wait for."""
        missing: list[tuple[int, int]] = []

        def read(bit: Bit, when: int) -> int | None:
            if not isinstance(bit, int):
                return constant(bit)
            found = self._known.get((bit, when))
            if found is None:
                missing.append((bit, when))
            return found

        literal: int | None
        register, driver = self.circuit.registers.get(net), self.circuit.drivers.get(net)
        if net in self._ports:
            literal = self._input(*self._ports[net], cycle)
        elif register is not None and cycle < 0:
            literal = self.made.variable(f"before: net {net}")
        elif register is not None:
            enable = TRUE if register.enable is None else read(register.enable, cycle - 1)
            data = read(register.data, cycle - 1) if enable not in (FALSE, None) else FALSE
            kept = read(net, cycle - 1) if enable not in (TRUE, None) else FALSE
            if enable is None or data is None or kept is None:
                return missing
            literal = self.made.choose(enable, data, kept)
        elif driver is not None:
            literal = self._driven(driver, read, cycle)
            if literal is None:
                return missing
        else:
            literal = self.made.variable(f"undriven: net {net}")
        if (net, cycle) in self._cuts and literal >> 1 and literal >> 1 not in self.made.names:
            variable = self.made.variable(f"net {net} in cycle {cycle}")
            self.definitions[variable >> 1] = literal
            literal = variable
        self._known[net, cycle] = literal
        return []

    def _driven(self, driver: Driver, read: Callable[[Bit, int], int | None], cycle: int) -> int | None:
        """Give what a gate drives, as soon as enough is known: a constant may decide alone."""
        kind, inputs = driver.kind, driver.inputs
        if kind in ("$_MUX_", "$_NMUX_"):
            select = read(inputs[2], cycle)
            if select is None:
                return None
            if select in (FALSE, TRUE):
                chosen = read(inputs[1] if select == TRUE else inputs[0], cycle)
                return None if chosen is None else chosen ^ (kind == "$_NMUX_")
        values: list[int | None] = []
        for place, bit in enumerate(inputs):
            values.append(read(bit, cycle))
            if kind in _DECIDES:
                if values[-1] == _DECIDES[kind][place]:
                    return _DECIDES[kind][2]
                if values[-1] is None:
                    return None  # the other one may not be needed
        found = [value for value in values if value is not None]
        return drive(self.made, driver, found) if len(found) == len(values) else None

    def _input(self, name: str, place: int, cycle: int) -> int:
        if name == _READY:
            return TRUE
        if name in ("clk", "rst"):
            return FALSE
        if cycle == -1:
            return TRUE if name == _VALID else self.token[place]
        return self.made.variable(f"other: {name}[{place}] in cycle {cycle}")


_DECIDES: Mapping[str, tuple[int, int, int]] = {
    "$_AND_": (FALSE, FALSE, FALSE),
    "$_NAND_": (FALSE, FALSE, TRUE),
    "$_OR_": (TRUE, TRUE, TRUE),
    "$_NOR_": (TRUE, TRUE, FALSE),
    "$_ANDNOT_": (FALSE, TRUE, FALSE),
    "$_ORNOT_": (TRUE, FALSE, TRUE),
}
"""Of gates: the value of either input that decides alone, and what comes out then."""

"""Registers of two circuits that stand for one another: found by name, held to it by proof.

What is shown is that the second circuit refines the first: whatever state it is in, the first one in the state of the
same names gives the same outputs and goes on into the state of the same names. Registers that synthesis has merged or
found constant are followed by what they load.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

from hdlgen.network import Network
from sim.circuit import Circuit, constant, drive
from sim.expressions import FALSE, TRUE, Expressions, to_network
from sim.netlist import Bit

__all__ = ["Cut", "Unmatched", "Values", "cut", "names_of", "reached"]


class Unmatched(Exception):
    """A register of the first circuit, of those that matter, that has no counterpart; the message names it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """Two circuits cut at their registers, as networks of equal ports.

    Args:
        first, second: outputs, then what each register that matters loads next.
        outputs: what each output bit is, for messages.
        registers: how many registers of the second circuit stand for one of the first.
    """

    first: Network
    second: Network
    outputs: tuple[str, ...]
    registers: int


class Values:
    """The literals of one circuit's nets."""

    def __init__(self, circuit: Circuit, made: Expressions, known: Mapping[int, int]) -> None:
        self.circuit, self.made = circuit, made
        self.known = dict(known)

    def of(self, bit: Bit) -> int:
        """Give the literal of a net; registers and inputs must be known. Raises: KeyError with one that is not."""
        if not isinstance(bit, int):
            return constant(bit)
        stack = [bit]
        while stack:
            net = stack[-1]
            if net in self.known:
                stack.pop()
                continue
            driver = self.circuit.drivers[net]
            missing = [each for each in driver.inputs if isinstance(each, int) and each not in self.known]
            if missing:
                stack.extend(missing)
                continue
            values = [self.known[each] if isinstance(each, int) else constant(each) for each in driver.inputs]
            self.known[net] = drive(self.made, driver, values)
            stack.pop()
        return self.known[bit]

    def next(self, net: int) -> int:
        """Give the literal of what a register holds after the next edge."""
        register = self.circuit.registers[net]
        data = self.of(register.data)
        return data if register.enable is None else self.made.choose(self.of(register.enable), data, self.known[net])


def cut(first: Circuit, second: Circuit, named: Mapping[Bit, Sequence[str]]) -> Cut:
    """Cut two circuits at the registers that stand for one another.

    Args:
        named: for registers of the second circuit, by net, what they may stand for: `name[bit]` in the first one.
    Raises: Unmatched where a register has no counterpart; ValueError where the ports differ.
    """
    if {k: len(v) for k, v in first.inputs.items()} != {k: len(v) for k, v in second.inputs.items()} or {
        k: len(v) for k, v in first.outputs.items()
    } != {k: len(v) for k, v in second.outputs.items()}:
        raise ValueError("cut: both circuits must have the same ports")
    partner = _partners(first, {net: named.get(net, ()) for net in second.registers})
    loading, holding = _constants(first, _loaded), _constants(second, _held)
    # Others may read such a register as a constant, and do so in the netlist.
    constants = {
        net: loading[own] for own, net in partner.items() if own in loading and holding.get(net) == loading[own]
    }
    return _cut(first, second, partner, constants, {})


def _cut(
    first: Circuit,
    second: Circuit,
    partner: Mapping[int, int],
    constants: Mapping[int, int],
    alike: Mapping[int, int],
) -> Cut:
    """Cut two circuits.

    Args:
        partner: for registers of the first one those of the second one that bear their names.
        constants: registers of the second one that must be shown to hold a constant.
        alike: registers of the second one that must be shown to hold the same as another one.
    """
    made = Expressions()
    variables: list[int] = []
    known: tuple[dict[int, int], dict[int, int]] = ({}, {})
    for name, bits in first.inputs.items():
        for place, pair in enumerate(zip(bits, second.inputs[name], strict=True)):
            variables.append(made.variable(f"{name}[{place}]"))
            for side, bit in zip(known, pair, strict=True):
                if isinstance(bit, int):
                    side[bit] = variables[-1]
    for net in second.registers:
        variables.append(made.variable(f"register {net}"))
        known[1][net] = variables[-1]
    known[1].update(constants)
    known[1].update([(net, known[1][other]) for net, other in alike.items()])
    known[0].update((own, known[1][net]) for own, net in partner.items())
    needed, choices = _followed(first, made, known[0])
    holders = {known[1][net]: net for net in second.registers if net not in constants and net not in alike}
    more = dict(alike)
    for choice in choices:
        nets = sorted({_last(more, holders[literal]) for literal in choice if literal in holders})
        more.update(dict.fromkeys(nets[1:], nets[0]) if nets else {})
    if len(more) > len(alike):
        return _cut(first, second, partner, constants, {net: _last(more, net) for net in more})
    left, right = Values(first, made, known[0]), Values(second, made, known[1])
    outputs: tuple[list[int], list[int]] = ([], [])
    titles: list[str] = []
    for name, bits in first.outputs.items():
        for place, (one, other) in enumerate(zip(bits, second.outputs[name], strict=True)):
            outputs[0].append(left.of(one))
            outputs[1].append(right.of(other))
            titles.append(f"{name}[{place}]")
    label = {bit: title for title, bit in reversed(_places(first).items()) if isinstance(bit, int)}
    for net in needed:
        outputs[0].append(left.next(net))
        stands = left.known[net]
        title = label.get(net, f"register {net}")
        if stands in holders:
            outputs[1].append(right.next(holders[stands]))
        else:  # a constant: it must stay what it is
            outputs[1].append(stands)
        titles.append(f"next {title}")
    for net, literal in constants.items():
        outputs[0].append(literal)
        outputs[1].append(right.next(net))
        titles.append(f"next register {net}")
    for net, other in alike.items():
        outputs[0].append(right.next(other))
        outputs[1].append(right.next(net))
        titles.append(f"next register {net}")
    networks = to_network(made, variables, outputs)
    return Cut(first=networks[0], second=networks[1], outputs=tuple(titles), registers=len(partner))


def _places(circuit: Circuit) -> dict[str, Bit]:
    """Give each net by its name and place."""
    return {f"{name}[{place}]": bit for name, bits in circuit.names.items() for place, bit in enumerate(bits)}


def _partners(circuit: Circuit, named: Mapping[int, Sequence[str]]) -> dict[int, int]:
    """Find a register of the first circuit for each of the second one, of the nets that have its names.

    Elaboration may have kept no name but that of a wire, which is the register's once the gates before it are known.
    """
    found: dict[int, int] = {}
    made = Expressions()
    ports = [bit for bits in circuit.inputs.values() for bit in bits if isinstance(bit, int)]
    values = Values(circuit, made, {net: made.variable(f"net {net}") for net in (*ports, *circuit.registers)})
    holders = {values.known[net]: net for net in circuit.registers}
    places = _places(circuit)
    for net, names in named.items():
        nets = (places.get(name) for name in names)
        bits = [bit for bit in nets if isinstance(bit, int) and (bit in circuit.registers or bit in circuit.drivers)]
        own = next((bit for bit in bits if bit in circuit.registers and bit not in found), None)
        if own is None:
            read = (holders.get(values.of(bit)) for bit in bits)
            own = next((register for register in read if register is not None and register not in found), None)
        if own is not None:
            found[own] = net
    return found


def _last(follows: Mapping[int, int], net: int) -> int:
    """Follow a chain to its end."""
    while net in follows:
        net = follows[net]
    return net


def _followed(circuit: Circuit, made: Expressions, known: dict[int, int]) -> tuple[list[int], list[set[int]]]:
    """List the registers that matter to the outputs, and find what those stand for that have no name in the other.

    Those that do not matter become variables that nothing depends on. Where one may stand for several, which all load
    the same, these come as well, a set of literals each.
    """
    label = {bit: f"{name}[{i}]" for name, bits in circuit.names.items() for i, bit in enumerate(bits)}
    reachable = reached(circuit, [bit for bits in circuit.outputs.values() for bit in bits])
    placeholder = {net: made.variable(f"unknown {net}") for net in reachable if net not in known}
    choices: list[set[int]] = []
    while True:
        values = Values(circuit, made, placeholder | known)
        needed = _needed(circuit, values, reachable)
        open_ones = [net for net in needed if net not in known]
        if not open_ones:
            known.update((net, literal) for net, literal in placeholder.items() if net not in known)
            return needed, choices
        # Also those that do not matter themselves: synthesis may have kept their name for both.
        nets = {_load(values, net, str): net for net in circuit.registers if net in known}
        loads: dict[_Load, set[int]] = {}
        for net in circuit.registers:
            if net in known:
                loads.setdefault(_load(values, net, values.of), set()).add(known[net])
        found: dict[int, int] = {}
        for net in open_ones:
            # Constants first: what reads one of them gets simpler, and a register that stays may load one as well.
            literal, twin = _loaded(values, net), nets.get(_load(values, net, str))
            others = loads.get(_load(values, net, values.of), set())
            if literal is not None:
                found[net] = literal
            elif twin is not None:
                found[net] = known[twin]
            elif others:
                found[net] = min(others)
                choices += [others] * (len(others) > 1)
        if not found:
            raise Unmatched(
                f"{label.get(open_ones[0], open_ones[0])} must have a counterpart among the other's registers"
            )
        known.update(found)


def _constants(circuit: Circuit, rule: Callable[[Values, int], int | None]) -> dict[int, int]:
    """Find the registers that hold a constant from their first load on.

    Args:
        rule: gives the constant of a register, if the constants so far show that it has one.
    """
    made = Expressions()
    ports = [bit for bits in circuit.inputs.values() for bit in bits if isinstance(bit, int)]
    known = {net: made.variable(f"net {net}") for net in (*ports, *circuit.registers)}
    found: dict[int, int] = {}
    while True:
        values = Values(circuit, made, known | found)
        shown = {net: rule(values, net) for net in circuit.registers if net not in found}
        more = {net: literal for net, literal in shown.items() if literal is not None}
        if not more:
            return found
        found |= more


def _loaded(values: Values, net: int) -> int | None:
    """Give the one constant that a register loads, where a multiplexer tells when."""
    contents = set(_contents(_load(values, net, values.of)[0]))
    return next((literal for literal in (FALSE, TRUE) if contents == {literal}), None)


def _held(values: Values, net: int) -> int | None:
    """Give the one constant that a register loads, whatever gates tell when: its content AND something, or OR."""
    own, after = values.known[net], values.next(net)
    if after == own:
        return None
    found = (sign for sign in (FALSE, TRUE) if own ^ sign in values.made.factors(after ^ sign))
    return after if after in (FALSE, TRUE) else next(found, None)


def _needed(circuit: Circuit, values: Values, reachable: Sequence[int]) -> list[int]:
    """List the registers that the outputs depend on as expressions, however late: gates with constants drop out."""
    holders: dict[int, list[int]] = {}
    for net in reachable:
        holders.setdefault(values.known[net] >> 1, []).append(net)
    found = set(holders.pop(0, ()))  # a constant is in no expression, and must be shown to stay one
    stack = [values.of(bit) >> 1 for bits in circuit.outputs.values() for bit in bits]
    stack += [values.next(net) >> 1 for net in found]
    seen: set[int] = set()
    while stack:
        node = stack.pop()
        if node in seen:
            continue
        seen.add(node)
        stack.extend(literal >> 1 for literal in values.made.operands(node))
        for net in holders.get(node, ()):
            found.add(net)
            stack.append(values.next(net) >> 1)
    return sorted(found)


_Read = TypeVar("_Read", int, str)
_Content: TypeAlias = "int | str | tuple[_Content, _Content, int | str] | None"
"""What is read; two contents and what chooses the second; or None, where a register keeps what it holds."""
_Load: TypeAlias = "tuple[_Content, int | str | None]"


def _load(values: Values, net: int, read: Callable[[Bit], _Read]) -> _Load:
    """Describe what a register loads, and when: equal for registers that are, as its own content is left out.

    Args:
        read: tells what a net is: its literal, or its name.
    """
    circuit = values.circuit

    def described(bit: Bit, depth: int) -> _Content:
        if bit == net:
            return None
        driver = circuit.drivers.get(bit) if isinstance(bit, int) else None
        if driver is not None and driver.kind == "$_MUX_" and depth:
            zero, one, select = driver.inputs
            return described(zero, depth - 1), described(one, depth - 1), read(select)
        return read(bit)

    register = circuit.registers[net]
    return described(register.data, 3), None if register.enable is None else read(register.enable)


def _contents(load: _Content) -> Iterator[int | str]:
    """List the literals that a register may load, but for its own content."""
    if isinstance(load, tuple):
        yield from _contents(load[0])
        yield from _contents(load[1])
    elif load is not None:
        yield load


def reached(circuit: Circuit, ends: Iterable[Bit]) -> list[int]:
    """List the registers that some nets depend on, however late."""
    seen: set[int] = set()
    found: list[int] = []
    stack: list[Bit] = list(ends)
    while stack:
        bit = stack.pop()
        if not isinstance(bit, int) or bit in seen:
            continue
        seen.add(bit)
        register, driver = circuit.registers.get(bit), circuit.drivers.get(bit)
        if register is not None:
            found.append(bit)
            stack.append(register.data)
            if register.enable is not None:
                stack.append(register.enable)
        elif driver is not None:
            stack.extend(driver.inputs)
    return sorted(found)


def names_of(names: Mapping[str, Sequence[Bit]], nets: Iterable[Bit]) -> dict[Bit, list[str]]:
    """List the names of some nets, `name[bit]`."""
    found: dict[Bit, list[str]] = {net: [] for net in nets}
    for name, bits in sorted(names.items()):
        for place, bit in enumerate(bits):
            if bit in found:
                found[bit].append(f"{name}[{place}]")
    return found

# amaranth: UnusedElaboratable=no
"""Shared components: what a design holds many times over is written once, as a module of its own, and instantiated.

Whoever writes a design elaborates it for `SharedModules`, in Amaranth's place for a platform; for any other one, a
simulator's say, each instance is the component itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator, Mapping

from amaranth.hdl import Const, Elaboratable, Instance, Module, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Member

__all__ = ["Shared", "SharedModules"]


class Shared(wiring.Component):
    """A combinational component, of which all instances with the same key are one module in the text of a design.

    Args:
        ports: its signature.
        title: the name of the module.
        key: all that the module depends on, besides the class: plain data, whose `repr` says all of it.
    """

    def __init__(self, ports: Mapping[str, Member], *, title: str, key: Hashable) -> None:
        self.title = title
        self.key = key
        super().__init__(ports)

    def instance(self, **inputs: Value | int) -> Elaboratable:
        """Stand for the component in another module: its inputs are these values, its outputs its own ports.

        Raises: ValueError for inputs that are not all of its own, or as wide as these are.
        """
        given: dict[str, Value] = {}
        for name, member in self.signature.members.items():
            if member.flow != In:
                continue
            if name not in inputs:
                raise ValueError(f"{self.title}: input {name} must be given")
            value, width = inputs.pop(name), len(getattr(self, name))
            given[name] = Const(value, width) if isinstance(value, int) else value
            if len(given[name]) != width:
                raise ValueError(f"{self.title}: input {name} must have {width} bits, not {len(given[name])}")
        if inputs:
            raise ValueError(f"{self.title}: inputs must be its own, not {', '.join(inputs)}")
        return _Placed(self, given)


class _Placed(Elaboratable):
    """A shared component in its place."""

    def __init__(self, component: Shared, inputs: Mapping[str, Value]) -> None:
        self.component = component
        self.inputs = inputs

    def elaborate(self, platform: object) -> Instance | Module:
        component = self.component
        if isinstance(platform, SharedModules):
            inputs = [("i", name, value) for name, value in self.inputs.items()]
            outputs = [
                ("o", name, getattr(component, name)) for name in component.signature.members if name not in self.inputs
            ]
            return Instance(platform.name(component), *inputs, *outputs)
        m = Module()
        m.submodules.shared = component
        m.d.comb += [getattr(component, name).eq(value) for name, value in self.inputs.items()]
        return m


class SharedModules:
    """The modules that stand for the shared components of a design, in the order in which they were met.

    Attributes:
        named: how many instances have asked for a name.
    """

    def __init__(self) -> None:
        self.named = 0
        self._found: dict[Hashable, tuple[Shared, str]] = {}
        self._titles: Counter[str] = Counter()

    def name(self, component: Shared) -> str:
        """Name a component's module: its title, with a number where the title has stood for another one."""
        self.named += 1
        key = (type(component), component.key)
        if key not in self._found:
            self._titles[component.title] += 1
            count = self._titles[component.title]
            self._found[key] = (component, component.title if count == 1 else f"{component.title}_{count}")
        return self._found[key][1]

    def __iter__(self) -> Iterator[tuple[Shared, str]]:
        """Yield a component of each and its name, also of those that are met meanwhile."""
        written = 0
        while written < len(self._found):
            yield list(self._found.values())[written]
            written += 1

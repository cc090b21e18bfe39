"""The whole way: read, pass after pass, write."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hdlgen.errors import ToolError
from sim.procedural.dependencies import REGISTERED, Dependencies, Interface
from sim.procedural.inlining import inline
from sim.procedural.module import Module
from sim.procedural.reader import read_modules
from sim.procedural.schedule import schedule
from sim.procedural.sharing import drop_unread, share_words
from sim.procedural.splitting import split_cycles
from sim.procedural.writer import write_module

__all__ = ["procedural"]


def procedural(text: str) -> str:
    """Rewrite Verilog that Yosys wrote with `write_verilog -noattr -nodec`; ports and hierarchy stay.

    Raises: ToolError for a line of a form that is not known, and for an instance of a module that is not in the text.
    """
    modules = {module.name: module for module in read_modules(text)}
    prepared: dict[str, _Prepared] = {}
    for module in modules.values():
        _prepare(module, modules, prepared)
    still: dict[str, int] = {}
    texts: dict[str, str] = {}
    for name in reversed(prepared):  # a module before those that it instantiates, whose inputs it may hold still
        one = prepared[name]
        held = still.get(name, 0)
        for child in one.module.children:
            for place, port in enumerate(prepared[child.module].interface.inputs):
                operand = child.connections.get(port)
                if operand is None or not one.dependencies.behind(operand.reads) & ~held:
                    still[child.module] = still.get(child.module, 0) | REGISTERED << 1 + place
        texts[name] = write_module(*inline(one.module, schedule(one.module, one.dependencies, held)))
    return "\n".join(texts[name] for name in modules)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Prepared:
    """A module whose assignments are ready to be put into blocks."""

    module: Module
    dependencies: Dependencies
    interface: Interface


def _prepare(module: Module, modules: Mapping[str, Module], prepared: dict[str, _Prepared]) -> None:
    """Bring a module into shape, after those that it instantiates."""
    if module.name in prepared:
        return
    for child in module.children:
        if child.module not in modules:
            raise ToolError(f"yosys: its Verilog must hold each module that it instantiates, not {child.module!r}")
        _prepare(modules[child.module], modules, prepared)
    interfaces = {child.module: prepared[child.module].interface for child in module.children}
    module = drop_unread(share_words(module))
    dependencies = Dependencies(module, interfaces)
    if dependencies.cyclic:
        module = drop_unread(split_cycles(module, dependencies.cyclic))
        dependencies = Dependencies(module, interfaces)
    prepared[module.name] = _Prepared(module=module, dependencies=dependencies, interface=dependencies.interface())

"""Emit: a component as canonical RTLIL text, the same bytes for the same hardware, and the digest of it."""

from __future__ import annotations

import contextlib
import hashlib
import re
import sys
from collections.abc import Iterator
from typing import Protocol

from amaranth.back import rtlil
from amaranth.hdl import Fragment, Value
from amaranth.hdl._ast import SignalDict
from amaranth.hdl._ir import PortDirection
from amaranth.lib import wiring

from hdlgen.arithmetic.shared import Shared, SharedModules

__all__ = ["TOP", "Texts", "digest", "to_named_rtlil", "to_rtlil"]

TOP = "top"
"""Name of the top module."""

_INITIAL = re.compile(r"^\s*attribute \\init .*\n", re.MULTILINE)
_PRIMITIVE = re.compile(r"^(\s*cell )\\(\$\w+) ", re.MULTILINE)
_TITLE = 'attribute \\generator "Amaranth"\n'
_TOP_ATTRIBUTE = "attribute \\top 1\n"

DEEPEST = 10_000
"""Levels of calls for Amaranth, which walks expressions by recursion: a chain of 64 sums needs more than 1,000."""


@contextlib.contextmanager
def _deep() -> Iterator[None]:
    """Let calls nest deeper for a while."""
    usual = sys.getrecursionlimit()
    sys.setrecursionlimit(max(usual, DEEPEST))
    try:
        yield
    finally:
        sys.setrecursionlimit(usual)


class Texts(Protocol):
    """Texts of modules that were written before, for whoever writes them again."""

    def get(self, key: str) -> str | None:
        """Give the text of a key, or None."""

    def put(self, key: str, text: str) -> None:
        """Keep a text."""


def to_rtlil(component: wiring.Component, texts: Texts | None = None) -> str:
    """Write a component as RTLIL without source paths and initial values.

    Amaranth gives every register an initial value, which no chip has, and takes `$fa` for the name of a module; both
    are put right in the text.

    Args:
        texts: takes and gives those of shared components.
    """
    return to_named_rtlil(component, texts)[0]


def to_named_rtlil(component: wiring.Component, texts: Texts | None = None) -> tuple[str, SignalDict]:
    """Write a component as `to_rtlil` does, and tell where each of its signals is: path of modules and name."""
    modules = SharedModules()
    with _deep():
        text, names = _write(component, TOP, modules)
        shared = [_write_shared(each, name, modules, texts) for each, name in modules]
    return "".join([text, *shared]), names


def _write_shared(component: Shared, name: str, modules: SharedModules, texts: Texts | None) -> str:
    """Write a shared component, or take its text; that of one with others in it depends on how these are named."""
    key = f"{type(component).__qualname__} {component.key!r} as {name}"
    text = None if texts is None else texts.get(key)
    if text is None:
        named = modules.named
        text = _write(component, name, modules)[0].removeprefix(_TITLE).replace(_TOP_ATTRIBUTE, "", 1)
        if texts is not None and modules.named == named:
            texts.put(key, text)
    return text


def _write(component: wiring.Component, name: str, modules: SharedModules) -> tuple[str, SignalDict]:
    """Write a component under a name, without the shared ones in it."""
    ports = {}
    for path, member, value in component.signature.flatten(component):
        direction = PortDirection.Input if member.flow == wiring.In else PortDirection.Output
        ports["__".join(map(str, path))] = (Value.cast(value), direction)
    text, names = rtlil.convert_fragment(Fragment.get(component, modules), ports, name, emit_src=False)
    return _PRIMITIVE.sub(r"\1\2 ", _INITIAL.sub("", text)), names


def digest(text: str) -> str:
    """Give the SHA-256 of a text in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()

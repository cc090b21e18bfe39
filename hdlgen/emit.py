"""Emit: a component as canonical RTLIL text, the same bytes for the same hardware, and the digest of it."""

from __future__ import annotations

import contextlib
import hashlib
import re
import sys
from collections.abc import Iterator

from amaranth.back import rtlil
from amaranth.hdl import Fragment, Value
from amaranth.hdl._ast import SignalDict
from amaranth.hdl._ir import PortDirection
from amaranth.lib import wiring

__all__ = ["TOP", "digest", "to_named_rtlil", "to_rtlil"]

TOP = "top"
"""Name of the top module."""

_INITIAL = re.compile(r"^\s*attribute \\init .*\n", re.MULTILINE)
_PRIMITIVE = re.compile(r"^(\s*cell )\\(\$\w+) ", re.MULTILINE)


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


def to_rtlil(component: wiring.Component) -> str:
    """Write a component as RTLIL without source paths and initial values.

    Amaranth gives every register an initial value, which no chip has, and takes `$fa` for the name of a module; both
    are put right in the text.
    """
    return to_named_rtlil(component)[0]


def to_named_rtlil(component: wiring.Component) -> tuple[str, SignalDict]:
    """Write a component as `to_rtlil` does, and tell where each of its signals is: path of modules and name."""
    ports = {}
    for path, member, value in component.signature.flatten(component):
        direction = PortDirection.Input if member.flow == wiring.In else PortDirection.Output
        ports["__".join(map(str, path))] = (Value.cast(value), direction)
    with _deep():
        text, names = rtlil.convert_fragment(Fragment.get(component, None), ports, TOP, emit_src=False)
    return _PRIMITIVE.sub(r"\1\2 ", _INITIAL.sub("", text)), names


def digest(text: str) -> str:
    """Give the SHA-256 of a text in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()

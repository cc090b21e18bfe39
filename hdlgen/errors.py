"""The exceptions of the project: each carries one sentence that names the place, the key and the rule."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

__all__ = ["HdlgenError", "InputError", "PointError", "SpecError", "StoreError", "ToolError", "ToolMissing", "nearest"]


class HdlgenError(Exception):
    """The root of all errors that a user can cause; `exit_status` is what the command line ends with."""

    exit_status = 1


class InputError(HdlgenError):
    """Something that the user gave is not usable: an option, a file, a folder."""

    exit_status = 2


class SpecError(InputError):
    """A spec file breaks a rule; the message names file, key and rule."""


class PointError(InputError):
    """A design point names a knob or a choice that its space does not have."""


class StoreError(InputError):
    """A run folder cannot be read, written or resumed."""


class ToolError(HdlgenError):
    """A program that we call failed, ran out of time or printed what it must not print."""


class ToolMissing(HdlgenError):
    """A program that the task needs is not installed; the message holds the line that installs it."""

    exit_status = 3


def nearest(name: str, valid: Iterable[str]) -> str:
    """Say which valid name is nearest to a misspelt one: ` (did you mean 'x'?)`, or an empty text."""
    found = difflib.get_close_matches(name, sorted(valid), n=1, cutoff=0.5)
    return f" (did you mean {found[0]!r}?)" if found else ""

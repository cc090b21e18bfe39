"""Options: the ranges of numbers, and one sentence for whatever else is wrong with a command line."""

from __future__ import annotations

import typer

from hdlgen.errors import InputError

__all__ = ["check_range", "usage"]


def check_range(option: str, value: float | None, least: int, most: int | None = None) -> None:
    """Check a number that the user gave; None, for an option left out, is in any range.

    Raises: InputError.
    """
    if value is None or (value >= least and (most is None or value <= most)):
        return
    allowed = f"at least {least}" if most is None else f"{least} to {most}"
    raise InputError(f"{option} must be {allowed}, not {value}")


def usage(error: typer.TyperException) -> str:
    """Put an error in how the command was written into one sentence that says where to read on."""
    text = " ".join(error.format_message().split()).rstrip(".")
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "hdlgen"
    return f"{text[:1].lower()}{text[1:]} (see {command} --help)"

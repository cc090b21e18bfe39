"""Options that commands share, the ranges of numbers, and one sentence for whatever else is wrong with a command."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from hdlgen.errors import InputError

__all__ = [
    "CORES",
    "JSON",
    "MOST_WORKERS",
    "POINT",
    "PROVE_LIMIT",
    "SEED",
    "SIMULATOR",
    "SPEC",
    "TECHNOLOGY",
    "WORKERS",
    "check_range",
    "usage",
]

CORES = len(os.sched_getaffinity(0))
MOST_WORKERS = 256

SPEC = Annotated[str, typer.Argument(metavar="SPEC", help="A spec file, or the name of a shipped design such as dot8.")]
POINT = Annotated[str, typer.Option("--point", help="Knobs, as interval=2,adder=sklansky; the rest take defaults.")]
TECHNOLOGY = Annotated[
    str | None, typer.Option("--technology", help="A shipped technology, or a liberty file; the spec's own by default.")
]
JSON = Annotated[bool, typer.Option("--json", help="Print one JSON document on standard output and nothing else.")]
SIMULATOR = Annotated[
    str | None, typer.Option("--simulator", help="icarus or verilator; the first that is installed by default.")
]
PROVE_LIMIT = Annotated[float, typer.Option("--prove-limit", help="Seconds that the proofs of a design may take.")]
WORKERS = Annotated[int, typer.Option("--workers", help="Processes that measure at the same time.")]
SEED = Annotated[int | None, typer.Option("--seed", help="Of all that is random; the same seed, the same run.")]


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

"""What commands print: documents on standard output, messages on standard error, one line for an error."""

from __future__ import annotations

import json
import sys
from typing import Any

from rich.console import Console

__all__ = ["print_document", "screen", "standard_error"]


class Screen(Console):
    """A console that says so when nobody reads on, where rich would end the process with status 1."""

    def on_broken_pipe(self) -> None:
        """Raise BrokenPipeError."""
        self.quiet = True
        raise BrokenPipeError


def screen() -> Console:
    """Make the console of standard output, for people."""
    return Screen(highlight=False, emoji=False)


def standard_error() -> Console:
    """Make the console of standard error, for progress and messages."""
    return Console(stderr=True, highlight=False, emoji=False)


def print_document(document: Any) -> None:
    """Print one JSON document, and nothing else, on standard output."""
    sys.stdout.write(json.dumps(document, indent=2) + "\n")

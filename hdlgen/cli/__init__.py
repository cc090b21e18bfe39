"""The command line: the only place where compiling, measuring and searching meet."""

from __future__ import annotations

from hdlgen.cli.main import main

__all__ = ["main"]

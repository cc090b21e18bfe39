"""How far a long command is: a bar on a terminal, now and then a line where nobody watches."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

__all__ = ["Advance"]

LINES = 20
"""Lines that a whole job gives where nobody watches."""


class Advance:
    """Show how many of some steps are done; a context manager.

    Args:
        what: the steps, in the plural.
        console: where to.
        clock: seconds, for the lines.
    """

    def __init__(self, what: str, *, console: Console, clock: Callable[[], float] = time.monotonic) -> None:
        self._what = what
        self._console = console
        self._clock = clock
        self._began = clock()
        self._said = 0
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task = self._bar.add_task(what, total=None)

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def notice(self, text: str) -> None:
        """Say something that stays on the screen."""
        self._console.print(text, markup=False, soft_wrap=True)

    def reached(self, done: int, total: int, about: str = "") -> None:
        """Take in that so many steps of all are done.

        Args:
            about: what was done last.
        """
        self._bar.update(self._task, completed=done, total=total, description=about or self._what)
        if not self._console.is_terminal and (done * LINES // total > self._said or done == total):
            self._said = done * LINES // total
            seconds = self._clock() - self._began
            self.notice(f"{done} of {total} {self._what}, {seconds:.0f} s{f': {about}' if about else ''}")

"""A strategy in a process of its own: whatever it does, hang, crash or exit, the search goes on or ends with its name.

An alarm in the search's own process was the first choice. It does not reach code that stays inside a C function, is
swallowed by a bare `except`, and works in the main thread alone; a process can always be ended. It is forked, not
started anew: any strategy can be confined, also one that stands in no module, within milliseconds.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Any, Self

from hdlgen.evaluation import Evaluation
from hdlgen.space import Point
from search.strategy import Strategy

__all__ = ["DECISION_LIMIT_S", "ConfinedStrategy", "StrategyFailure"]

DECISION_LIMIT_S = 300.0
"""Seconds that a strategy has for a decision where nothing else is said: far more than any of ours needs."""

GRACE_S = 5.0
"""Seconds after the limit in which the process of a strategy whose search was killed ends by itself."""


class StrategyFailure(Exception):
    """What a confined strategy did instead of answering, in one clause without its name."""


class ConfinedStrategy:
    """Run a strategy in a forked process and answer for it; a context manager that leaves no process behind.

    Make it before threads and files that the process should not share. It prints to standard error, Ctrl-C does not
    reach it, and it ends with its maker.

    Args:
        make: makes the strategy, in that process.
        limit_s: seconds that making, each `ask` and each `tell` may take.
    """

    def __init__(self, make: Callable[[], Strategy], *, limit_s: float = DECISION_LIMIT_S) -> None:
        if not limit_s > 0:
            raise ValueError(f"ConfinedStrategy: limit_s must be above 0, not {limit_s!r}")
        self._limit_s = limit_s
        self._connection, other = Pipe()
        watched, self._life = os.pipe()  # its end at the other side tells the process that its maker is gone
        self._process = os.fork()
        if self._process == 0:
            try:
                self._connection.close()
                os.close(self._life)
                _serve(make, other, watched, limit_s)
            finally:
                os._exit(1)  # a fork must never return to its caller
        other.close()
        os.close(watched)
        self._made = False

    def ask(self, count: int) -> list[Point]:
        """Ask the strategy for points.

        Raises: StrategyFailure where it raises, hangs or ends its process; it can be asked no more then.
        """
        return self._call("ask", count)  # type: ignore[no-any-return]  # the guard looks at what it is

    def tell(self, evaluations: Sequence[Evaluation]) -> None:
        """Tell the strategy evaluations.

        Raises: StrategyFailure as `ask` does.
        """
        self._call("tell", evaluations)

    def close(self) -> None:
        """End the process; a second call does nothing."""
        self._end()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _call(self, method: str, argument: object) -> Any:
        if not self._made:
            self._answer("making it")
            self._made = True
        with contextlib.suppress(OSError):  # where its process has ended, the answer says so
            self._connection.send((method, argument))
        return self._answer(method)

    def _answer(self, what: str) -> Any:
        """Wait for an answer, no longer than the limit."""
        try:
            if not self._connection.poll(self._limit_s):
                self._end()
                raise StrategyFailure(f"{what} must end within {self._limit_s:g} s; it was stopped")
            good, answer = self._connection.recv()
        except (EOFError, OSError):
            status = self._end()
            how = f"by {signal.Signals(-status).name}" if status < 0 else f"with status {status}"
            raise StrategyFailure(f"{what} must answer, not end its process {how}") from None
        if not good:
            self._end()
            raise StrategyFailure(f"{what} {answer}")
        return answer

    def _end(self) -> int:
        """Kill the process and give its exit status, negative for a signal; 0 where it was ended before."""
        if not self._process:
            return 0
        # It may be ending on its own: then the status tells of that, and the kill comes too late to matter. The ends
        # are closed after the kill: a process that sees them closed ends by itself, with another status.
        os.kill(self._process, signal.SIGKILL)
        self._connection.close()
        os.close(self._life)
        _, status = os.waitpid(self._process, 0)
        self._process = 0
        return os.waitstatus_to_exitcode(status)


def _serve(make: Callable[[], Strategy], connection: Connection, watched: int, limit_s: float) -> None:
    """Make a strategy and answer calls until the search is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    os.dup2(2, 1)  # standard output belongs to the command
    threading.Thread(target=_end_with_maker, args=(watched,), daemon=True).start()
    strategy: Any = None
    method, argument = "", None
    while True:
        # Should this hang and the search be killed, so that nobody ends it, the system does.
        signal.setitimer(signal.ITIMER_REAL, limit_s + GRACE_S)
        try:
            if strategy is None:
                strategy, answer = make(), None
            else:
                answer = getattr(strategy, method)(argument)
        except Exception as error:  # noqa: BLE001 - all of it is the search's to judge
            _send(connection, good=False, answer=f"raised {type(error).__name__}: {error}")
            os._exit(0)
        except SystemExit as error:
            os._exit(error.code if isinstance(error.code, int) else 1)
        _send(connection, good=True, answer=answer)
        signal.setitimer(signal.ITIMER_REAL, 0)
        try:
            method, argument = connection.recv()
        except (EOFError, OSError):
            os._exit(0)


def _send(connection: Connection, *, good: bool, answer: object) -> None:
    """Send an answer; one that cannot travel is none."""
    sys.stdout.flush()
    try:
        connection.send((good, answer))
    except Exception as error:  # noqa: BLE001 - pickling runs the classes' own code
        connection.send((False, f"gave what cannot be passed on: {type(error).__name__}: {error}"))


def _end_with_maker(watched: int) -> None:
    os.read(watched, 1)
    os._exit(0)

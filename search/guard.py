"""A strategy held to its protocol, whoever wrote it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from hdlgen.errors import HdlgenError
from hdlgen.evaluation import Evaluation
from hdlgen.space import Point, Space
from search.confine import StrategyFailure
from search.strategy import Strategy

__all__ = ["GuardedStrategy"]


class GuardedStrategy:
    """Ask and tell a strategy, turn what it does wrong into an error with its name, and count its seconds."""

    def __init__(
        self, space: Space, strategy: Strategy, *, name: str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._space = space
        self._strategy = strategy
        self._where = f"strategy {name}"
        self._asked: set[Point] = set()
        self._clock = clock
        self.decision_s = 0.0

    def ask(self, count: int) -> list[Point]:
        """Ask for points: valid, new, at most `count`; none when every point was asked for.

        Raises: HdlgenError for anything else, and where the strategy raises; where it is confined, also where it hangs
            or ends its process.
        """
        left = self._space.size() - len(self._asked)
        if not left:
            return []
        points = self._call("ask", count)
        if not isinstance(points, list) or not 1 <= len(points) <= count:
            got = f"{len(points)} points" if isinstance(points, list) else repr(points)
            raise HdlgenError(
                f"{self._where}: ask({count}) must give 1 to {count} points while {left} are left, not {got}"
            )
        for point in points:
            if not isinstance(point, Point) or not self._space.contains(point):
                got = point.text() if isinstance(point, Point) else point
                raise HdlgenError(f"{self._where}: ask must give valid points of the space, not {got!r}")
            if point in self._asked:
                raise HdlgenError(f"{self._where}: ask must give no point twice, not {point.text()!r} again")
            self._asked.add(point)
        return points

    def tell(self, evaluations: Sequence[Evaluation]) -> None:
        """Tell the evaluations of the points asked last.

        Raises: HdlgenError where the strategy raises.
        """
        self._call("tell", evaluations)

    def _call(self, method: str, argument: object) -> object:
        """Call the strategy, count the seconds that it takes, and put its name to what it raises."""
        began = self._clock()
        try:
            return getattr(self._strategy, method)(argument)
        except StrategyFailure as failure:
            raise HdlgenError(f"{self._where}: {failure}") from None
        except Exception as error:
            raise HdlgenError(f"{self._where}: {method} raised {type(error).__name__}: {error}") from error
        finally:
            self.decision_s += self._clock() - began

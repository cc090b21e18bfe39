"""Methods: each makes networks of a function's examples, in a few variants of which validation chooses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from hdlgen.network import Network
from search.portfolio.study import Study

__all__ = ["Method"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """A way of learning from examples.

    Args:
        name: in one word.
        variants: texts that `make` understands, the cheap ones first.
        make: gives the network of a study's examples by a variant, or None where it has nothing to say of them.
        exact: variants whose networks agree with all examples that a study is given.
        arithmetic: whether it knows words of arithmetic, so that it recognises rather than learns.
        grows: whether a variant is `NAME/SIZE`, larger sizes of a name later, left out where they do not help.
        describe: says in words what the function is, where the method knows.
    """

    name: str
    variants: tuple[str, ...]
    make: Callable[[Study, str], Network | None]
    exact: frozenset[str] = frozenset()
    arithmetic: bool = False
    grows: bool = False
    describe: Callable[[Study], str] = lambda study: ""

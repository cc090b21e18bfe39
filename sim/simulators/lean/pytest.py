"""Stand in for pytest inside a simulator: cocotb imports the whole of it, 0.1 s, and our testbench uses none of it.

The folder of this file stands first on the module path of simulations. cocotb wants the exception that `pytest.raises`
fails with, and two names for its rewriting of assertions, which is switched off. Whatever else is asked for brings the
real pytest in, in this module's place.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import ModuleType
from typing import Any, NoReturn

__all__ = ["raises"]

_OPTIONAL = frozenset({"RaisesExc", "RaisesGroup"})
"""What cocotb uses where it is there: matchers of exceptions that a test is to raise."""
_REWRITING = {"_pytest.assertion": "install_importhook", "_pytest.config": "Config"}
"""What cocotb imports, module and name, before it sees that no assertions are to be rewritten."""


class raises:  # noqa: N801 - pytest's name
    """Hold the exception that pytest's own `raises` fails with; nobody raises this one."""

    Exception = type("Failed", (BaseException,), {})


def _refuse(*_: object, **__: object) -> NoReturn:
    raise RuntimeError("simulation: COCOTB_REWRITE_ASSERTION_FILES must be empty, for pytest is not loaded")


def _stand_in() -> None:
    for module, name in _REWRITING.items():
        sys.modules[module] = ModuleType(module, __doc__)
        setattr(sys.modules[module], name, _refuse)


def __getattr__(name: str) -> Any:
    if name.startswith("__") or name in _OPTIONAL:
        raise AttributeError(name)
    here = Path(__file__).parent
    sys.path[:] = [entry for entry in sys.path if Path(entry) != here]
    for module in ("pytest", *_REWRITING):
        sys.modules.pop(module, None)
    return getattr(importlib.import_module("pytest"), name)


_stand_in()

"""Who takes part in a comparison: the house's strategies by name, and users' own out of a file that they name."""

from __future__ import annotations

import contextlib
import importlib.util
import sys
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType

from hdlgen.errors import InputError, ToolMissing, nearest
from hdlgen.evaluation import Direction, Objective
from hdlgen.space import Knob, Space
from search.strategies import STRATEGIES
from search.strategy import StrategyFactory

__all__ = ["REFERENCE", "Entrant", "read_entrants"]

REFERENCE = "uniform"
"""What others are compared with where nobody says otherwise: the baseline to beat."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entrant:
    """A strategy by its name and, where it is a user's own, its file; what makes it is found anew in each process."""

    name: str
    file: Path | None = None

    def factory(self) -> StrategyFactory:
        """Find what makes the strategy; a user's file is run for this.

        Raises: InputError for a file that cannot be read or run, or without the class.
        """
        return STRATEGIES[self.name] if self.file is None else _load(self.file, self.name)


def read_entrants(names: Sequence[str] | None, files: Sequence[str]) -> tuple[Entrant, ...]:
    """Read who takes part: strategies by name, then the users' own.

    Where no names are given, `REFERENCE` comes first, then every strategy whose packages are installed.

    Args:
        files: each as `my.py:MyStrategy`; the file is run, so it must be one that the user trusts.
    Raises: InputError for an unknown name, one given twice, or a file that is not usable; ToolMissing for a strategy
        that is named and needs a package that is not installed.
    """
    found = []
    for name in _ours() if names is None else names:
        if name not in STRATEGIES:
            hint = nearest(name, STRATEGIES)
            raise InputError(f"--strategies must be of {', '.join(STRATEGIES)}, not {name!r}{hint}")
        _probe(name)
        found.append(Entrant(name=name))
    for text in files:
        file, colon, name = text.rpartition(":")
        if not colon or not file or not name.isidentifier():
            raise InputError(f"--strategy-file must read FILE.py:CLASS, not {text!r}")
        entrant = Entrant(name=name, file=Path(file).absolute())
        entrant.factory()
        found.append(entrant)
    for place, entrant in enumerate(found):
        if entrant.name in [other.name for other in found[:place]]:
            raise InputError(f"strategies must have different names, not {entrant.name!r} twice")
    if not found:
        raise InputError("--strategies must name at least one strategy")
    return tuple(found)


def _ours() -> list[str]:
    """List our strategies that can be made here, the reference first."""
    able = []
    for name in sorted(STRATEGIES, key=lambda name: name != REFERENCE):
        with contextlib.suppress(ToolMissing):
            _probe(name)
            able.append(name)
    return able


def _probe(name: str) -> None:
    """Make a strategy once, to see whether its packages are there.

    Raises: ToolMissing with the line that installs them.
    """
    space = Space(knobs=(Knob(name="knob", choices=(1, 2)),))
    STRATEGIES[name](space, [Objective(metric="area_um2", direction=Direction.MINIMIZE)], seed=1)


def _load(file: Path, name: str) -> StrategyFactory:
    """Run a file as a module and take a class out of it."""
    module = _module(file)
    found = getattr(module, name, None)
    if found is None:
        own = [
            key
            for key, value in vars(module).items()
            if isinstance(value, type) and value.__module__ == module.__name__
        ]
        classes = ", ".join(own) or "no class"
        raise InputError(f"{file}: the file must define {name!r}, and it defines {classes}{nearest(name, own)}")
    missing = [method for method in ("ask", "tell") if not callable(getattr(found, method, None))]
    if not callable(found) or missing:
        raise InputError(f"{file}: {name} must be a class with ask and tell, and has no {missing[0]}")
    factory: StrategyFactory = found
    return factory


def _module(file: Path) -> ModuleType:
    """Run a file once; a second call gives the same module."""
    key = f"hdlgen_strategy_file_{zlib.crc32(str(file).encode()):08x}"
    if key in sys.modules:
        return sys.modules[key]
    try:
        file.read_bytes()
    except OSError as error:
        raise InputError(f"{file}: the strategy's file must be readable ({error.strerror})") from None
    loader = SourceFileLoader(key, str(file))
    specification = importlib.util.spec_from_loader(key, loader)
    assert specification is not None
    module = importlib.util.module_from_spec(specification)
    sys.modules[key] = module  # dataclasses look their module up while it is run
    try:
        loader.exec_module(module)
    except SyntaxError as error:
        del sys.modules[key]
        raise InputError(
            f"{file}: line {error.lineno}: the strategy's file must be valid Python ({error.msg})"
        ) from None
    except (Exception, SystemExit) as error:  # noqa: BLE001  # whatever a user's file raises is told by its name
        del sys.modules[key]
        what = f"{type(error).__name__}: {error}"
        raise InputError(f"{file}: the strategy's file must run, and raised {what}") from None
    return module

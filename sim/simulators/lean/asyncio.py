"""Stand in for asyncio inside a simulator: cocotb takes two exceptions of it, and the whole of it takes 0.02 s to load.

They are asyncio's own, from a small module beside all the others. Whatever else is asked for makes this module the real
one.
"""

from __future__ import annotations

import importlib
import os
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

_REAL = Path(os.__file__).parent / "asyncio"
__path__ = [str(_REAL)]  # where a package's modules are looked for

from asyncio.exceptions import CancelledError, InvalidStateError  # noqa: E402 - found by the path above

__all__ = ["CancelledError", "InvalidStateError"]


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(name)
    if (_REAL / f"{name}.py").is_file():  # one of its modules, which may ask for others before it is whole
        return importlib.import_module(f"{__name__}.{name}")
    spec = spec_from_file_location(__name__, _REAL / "__init__.py", submodule_search_locations=__path__)
    assert spec is not None and spec.loader is not None
    module = sys.modules[__name__]
    del globals()["__getattr__"]
    globals().update(vars(module_from_spec(spec)))  # what makes it a package, so that it may import its own modules
    spec.loader.exec_module(module)
    return getattr(module, name)

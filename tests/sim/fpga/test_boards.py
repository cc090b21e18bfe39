"""Boards: pins as their own documents give them, and boards that cannot be used."""

from __future__ import annotations

import importlib
from typing import Any

import pytest

from hdlgen.errors import InputError, ToolMissing
from sim.fpga.boards import BOARDS, Board, Pin, load_board
from sim.fpga.devices import DEVICES

pytest.importorskip("amaranth_boards", reason="amaranth-boards is not installed; pip install 'hdlgen[fpga]'")

USABLE = ("icebreaker", "ice40-hx8k-evn", "ulx3s-25f")


@pytest.mark.parametrize(
    ("name", "clock_mhz", "clock", "rx", "tx"),
    [
        ("icebreaker", 12.0, "35", "6", "9"),  # icebreaker.pcf of its own repository
        ("ice40-hx8k-evn", 12.0, "J3", "B10", "B12"),  # EB85, table of the USB's serial line
        ("ulx3s-25f", 25.0, "G2", "M1", "L4"),  # ulx3s_v20.lpf
    ],
)
def test_pins_are_those_of_the_boards_documents(name: str, clock_mhz: float, clock: str, rx: str, tx: str) -> None:
    board = load_board(name)
    assert (board.clock_mhz, board.clock.site, board.rx.site, board.tx.site) == (clock_mhz, clock, rx, tx)
    assert board.device in DEVICES


def test_constraints_name_every_port_of_the_outermost_module() -> None:
    assert load_board("icebreaker").constraints("ice40") == (
        "set_io clk 35\nset_io -pullup yes rx 6\nset_io -pullup yes tx 9\n"
    )
    text = load_board("ulx3s-25f").constraints("ecp5")
    assert 'LOCATE COMP "rx" SITE "M1";' in text and 'IOBUF PORT "clk" IO_TYPE=LVCMOS33;' in text
    assert 'LOCATE COMP "high_0" SITE "L3";' in text, "its serial line must be let through"
    assert "assign high_0 = 1'b1" in load_board("ulx3s-25f").verilog()


def test_another_name_is_refused_with_the_nearest() -> None:
    with pytest.raises(InputError) as error:
        load_board("icebraker")
    listed = ", ".join(BOARDS)
    assert str(error.value) == (f"board: name must be one of {listed}, not 'icebraker' (did you mean 'icebreaker'?)")


@pytest.mark.parametrize("name", sorted(set(BOARDS) - set(USABLE)))
def test_a_board_without_a_serial_line_is_refused_with_what_it_has(name: str) -> None:
    with pytest.raises(InputError) as error:
        load_board(name)
    message = str(error.value)
    assert message.startswith(f"board: {name} must have the pins of a serial line (uart), not only ")
    assert "clk" in message


def test_the_package_is_asked_for_where_it_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(name: str, package: str | None = None) -> Any:
        raise ImportError(name)

    monkeypatch.setattr(importlib, "import_module", refuse)
    with pytest.raises(ToolMissing) as error:
        load_board("icebreaker")
    assert str(error.value).startswith("amaranth-boards: the package is missing; install it with: pip install")


def test_a_board_is_a_plain_record() -> None:
    board = Board(name="x", device="ice40-up5k", clock_mhz=1.0, clock=Pin(site="1"), rx=Pin(site="2"), tx=Pin(site="3"))
    assert list(board.pins) == ["clk", "rx", "tx"] and board.constraints("ice40").count("set_io") == 3

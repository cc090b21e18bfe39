"""FPGA targets: devices, synthesis by Yosys, place and route by nextpnr, boards and their bitstreams."""

from __future__ import annotations

from sim.fpga.devices import DEVICES, Fpga, load_device
from sim.fpga.place import Placed, can_place, place
from sim.fpga.scoring import FPGA_STOCK_FLOWS, map_on_fpga
from sim.fpga.synthesis import FPGA_FLOWS, FPGA_RECIPES

__all__ = [
    "DEVICES",
    "FPGA_FLOWS",
    "FPGA_RECIPES",
    "FPGA_STOCK_FLOWS",
    "Fpga",
    "Placed",
    "can_place",
    "load_device",
    "map_on_fpga",
    "place",
]

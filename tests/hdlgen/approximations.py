"""Approximate dataflow built as hardware and run against the golden model: how far its outputs really are off."""

from __future__ import annotations

from hdlgen.arithmetic.sums import SumStyle
from hdlgen.dataflow import Dataflow
from hdlgen.datapath import build_datapath
from hdlgen.emit import to_rtlil
from hdlgen.graph import Graph
from hdlgen.hardware import Kernel, Top
from hdlgen.number import Format
from hdlgen.payload import input_ports, output_ports
from tests.hdlgen.lanes import STEADY, payloads, run_lanes
from tests.hdlgen.rtlil import Netlist

__all__ = ["built", "largest_error"]


def built(
    graph: Graph, dataflow: Dataflow, style: SumStyle, *, interval: int = 1, fold: int = 1, stages: int = 0
) -> str:
    """Build hardware with the ports of a graph, as RTLIL."""
    datapath = build_datapath(dataflow, style, interval=interval, fold=fold, stages=stages)
    return to_rtlil(Top(Kernel(datapath, inputs=input_ports(graph), outputs=output_ports(graph))))


def largest_error(rtlil: str, graph: Graph, *, count: int, seed: int = 3) -> int:
    """Run a stream and give the largest difference of an element's raw integer from the golden model's."""
    given, wanted = payloads(graph, count, seed)
    found = run_lanes(Netlist(rtlil), given, [STEADY])[0].results
    formats = [port.format for port in output_ports(graph) for _ in range(port.width // port.format.width)]
    errors: list[int] = [
        abs(have - want)
        for pair in zip(found, wanted, strict=True)
        for have, want in zip(*(_elements(payload, formats) for payload in pair), strict=True)
    ]
    return max(errors)


def _elements(payload: int, formats: list[Format]) -> list[int]:
    elements = []
    for format in formats:
        bits = payload & ((1 << format.width) - 1)
        sign = format.signed and bits >> (format.width - 1)
        elements.append(bits - (1 << format.width) if sign else bits)
        payload >>= format.width
    return elements

"""The compiler in one place: a graph and a point go in, hardware comes out."""

from __future__ import annotations

from dataclasses import dataclass

from hdlgen.accuracy import check_bound
from hdlgen.dataflow import Dataflow
from hdlgen.datapath import Datapath, build_datapath
from hdlgen.emit import Texts, to_rtlil
from hdlgen.graph import Graph
from hdlgen.hardware import Kernel, Top
from hdlgen.knobs import Settings, settings
from hdlgen.payload import Port, input_ports, output_ports
from hdlgen.precision import truncate
from hdlgen.realisation import Realisation, realisations
from hdlgen.sharing import share
from hdlgen.space import Point
from hdlgen.uart import SerialShell

__all__ = ["Compiler", "Design"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """A design, ready to be measured.

    Args:
        datapath: its datapath.
        rtlil: its canonical RTLIL text, top module `top`.
        error_bound_lsb: proved bound on the error of every output on every input (`hdlgen.accuracy`); 0 where exact.
    """

    datapath: Datapath
    rtlil: str
    error_bound_lsb: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiler:
    """Build the designs of one graph.

    Args:
        inputs, outputs: fields of the two streams.
        realisations: the graph as scalar operations, once for each way to compute its functions, default first.
        max_error_lsb: how far an output may lie from the golden model's.
    """

    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    realisations: tuple[Realisation, ...]
    max_error_lsb: float = 0.0

    @classmethod
    def of(cls, graph: Graph, *, max_error_lsb: float = 0.0) -> Compiler:
        """Lower and rewrite a graph, once for all its designs, or once for each way to compute its functions.

        Raises: SpecError where no way to compute a function keeps the error.
        """
        return cls(
            inputs=input_ports(graph),
            outputs=output_ports(graph),
            realisations=realisations(graph, max_error_lsb=max_error_lsb),
            max_error_lsb=max_error_lsb,
        )

    @property
    def dataflow(self) -> Dataflow:
        """Give the graph as scalar operations, in the way that is the default."""
        return self.realisations[0].dataflow

    @property
    def spare_error_lsb(self) -> float:
        """Tell how much of the allowed error the functions leave to the sums, in the way that is the default."""
        return self.max_error_lsb - self.realisations[0].error_bound_lsb

    @property
    def methods(self) -> tuple[str, ...]:
        """List the ways to compute the functions, default first; none where there is nothing to choose."""
        return tuple(realisation.method for realisation in self.realisations if realisation.method)

    def build(self, point: Point, texts: Texts | None = None) -> Design:
        """Build the design of a point.

        Args:
            texts: takes and gives those of modules that many designs hold.
        Raises: PointError where only building reveals that there is none, or that its error is too large.
        """
        design = self._design(settings(point), plain=False, texts=texts)
        check_bound(design.error_bound_lsb, self.max_error_lsb)
        return design

    def stock(self) -> Design:
        """Build what the others are compared with: the same shell and registers around the plain expression.

        Functions are plain tables, with as few entries as the error allows, where tables are offered.
        """
        method = "table" if "table" in self.methods else ""
        return self._design(Settings(recipe="", function=method), plain=True)

    def serial(self, point: Point, *, cycles: int) -> Design:
        """Build the design of a point in a serial shell, whose ports are `clk`, `rst`, `rx` and `tx`.

        Args:
            cycles: of the clock, a bit on the line.
        Raises: PointError as `build` does.
        """
        datapath, bound = self._planned(settings(point))
        check_bound(bound, self.max_error_lsb)
        return self._serial(datapath, bound, cycles, plain=False)

    def serial_stock(self, *, cycles: int) -> Design:
        """Build what `stock` builds in the serial shell."""
        method = "table" if "table" in self.methods else ""
        datapath, bound = self._planned(Settings(recipe="", function=method))
        return self._serial(datapath, bound, cycles, plain=True)

    def _serial(self, datapath: Datapath, bound: float, cycles: int, *, plain: bool) -> Design:
        top = Top(Kernel(datapath, inputs=self.inputs, outputs=self.outputs, plain=plain))
        return Design(datapath=datapath, rtlil=to_rtlil(SerialShell(top, cycles=cycles)), error_bound_lsb=bound)

    def plan(self, point: Point) -> Datapath:
        """Give the datapath of a point, without the hardware that does it.

        Raises: PointError where only building reveals that there is none.
        """
        return self._planned(settings(point))[0]

    def kernel(self, point: Point) -> tuple[Kernel, float]:
        """Give the component of a point, for a shell of another kind, and the bound on its error.

        Raises: PointError where only building reveals that there is none, or that its error is too large.
        """
        datapath, bound = self._planned(settings(point))
        check_bound(bound, self.max_error_lsb)
        return Kernel(datapath, inputs=self.inputs, outputs=self.outputs), bound

    def _design(self, chosen: Settings, *, plain: bool, texts: Texts | None = None) -> Design:
        datapath, bound = self._planned(chosen)
        kernel = Kernel(datapath, inputs=self.inputs, outputs=self.outputs, plain=plain)
        return Design(datapath=datapath, rtlil=to_rtlil(Top(kernel), texts), error_bound_lsb=bound)

    def _planned(self, chosen: Settings) -> tuple[Datapath, float]:
        """Give the datapath and the bound on its error."""
        ways = {realisation.method: realisation for realisation in self.realisations}
        way = ways.get(chosen.function, self.realisations[0])
        dataflow = way.dataflow if chosen.sharing is None else share(way.dataflow, chosen.sharing)
        used = truncate(
            dataflow,
            chosen.style,
            interval=chosen.interval,
            fold=chosen.fold,
            allowed_lsb=self.max_error_lsb - way.error_bound_lsb,
            percent=chosen.precision,
        )
        datapath = build_datapath(
            used.dataflow, chosen.style, interval=chosen.interval, fold=chosen.fold, stages=chosen.stages
        )
        return datapath, way.error_bound_lsb + used.bound_lsb

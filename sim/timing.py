"""Static timing of a mapped netlist: the shortest clock period, and the path that sets it.

Register to register, input to register, register to output and input to output: every path must fit into one period.
Delays and slews come from the technology's tables (bilinear, linear beyond their edges) at the true pin loads, rising
and falling apart, the worst arrival and the worst slew of each net going on. The clock is ideal with a given slew.
Wires, skew, hold, recovery and other corners are not modelled. What a constant drives costs nothing.
"""

from __future__ import annotations

import weakref
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from hdlgen.errors import ToolError
from sim.cells import Cell, Floats, Table
from sim.lookup import Lines, Pack, interpolate
from sim.netlist import Instance, Netlist
from sim.technology import Technology
from sim.timing_graph import Graph, build_graph

__all__ = ["Conditions", "SlackAnalysis", "Step", "Timing", "analyse", "conditions", "prepare"]

_NEVER = -1e30  # an edge that does not happen
_EDGES = ("rise", "fall")


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Hold one point of a path: `pin` of an instance, or a port with empty cell and pin."""

    instance: str
    cell: str
    pin: str
    edge: str
    arrival_ps: float
    slew_ps: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """Hold the result.

    Args:
        period_ps: arrival at the worst end plus its setup time.
        setup_ps: that setup time, 0.0 where the path ends at an output.
        path: from the clock or an input to the end, which is the register's data pin or the output port.
        overloaded_nets: how many cell outputs drive more than their library's limit.
    """

    period_ps: float
    setup_ps: float
    path: tuple[Step, ...]
    overloaded_nets: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """Hold under which conditions each net changes, by its number in the netlist.

    Args:
        loads_ff: what its driver must charge.
        slews_ps: how steeply it rises and falls.
        delays_ps: how long the cell that drives it takes until it rises and falls, the mean over what may cause it; 0.0
            where it never does, and at inputs.
        period_ps: the shortest period.
    """

    loads_ff: Mapping[int, float]
    slews_ps: Mapping[int, tuple[float, float]]
    delays_ps: Mapping[int, tuple[float, float]]
    period_ps: float


def conditions(netlist: Netlist, technology: Technology) -> Conditions:
    """Tell the load, slews and delays of every net.

    Raises: ToolError as `analyse`.
    """
    flow = _flow(netlist, technology)
    graph = flow.graph
    alive = (flow.arrivals[graph.source] > _NEVER / 2) & (graph.owner >= 0)
    keys, count = graph.target[alive], len(flow.arrivals)
    taken = np.bincount(keys, weights=(flow.proposed - flow.arrivals[graph.source])[alive], minlength=count)
    means = taken / np.maximum(np.bincount(keys, minlength=count), 1)
    nets = [(bit, place) for bit, place in graph.index.items() if isinstance(bit, int)]
    return Conditions(
        loads_ff={bit: float(graph.loads[place]) for bit, place in nets},
        slews_ps={bit: (float(flow.slews[2 * place]), float(flow.slews[2 * place + 1])) for bit, place in nets},
        delays_ps={bit: (float(means[2 * place]), float(means[2 * place + 1])) for bit, place in nets},
        period_ps=float(flow.arrivals[flow.end_keys[flow.worst]] + flow.end_setups[flow.worst]),
    )


def prepare(technology: Technology) -> None:
    """Bring the tables of a technology into the form that the analyses use, as the first of them would."""
    _tables(technology)


def analyse(netlist: Netlist | str, technology: Technology) -> Timing:
    """Find the shortest period at which every path of a mapped netlist (or of its JSON) fits.

    Raises: ToolError for cells that the technology does not have, undriven or doubly driven nets, combinational loops,
        clocks that are no plain input, and netlists without any path.
    """
    if isinstance(netlist, str):
        netlist = Netlist.from_json(netlist)
    flow = _flow(netlist, technology)
    key, setup_ps = int(flow.end_keys[flow.worst]), float(flow.end_setups[flow.worst])
    path = _trace(netlist, flow, key)
    end = flow.end_names[flow.worst]
    arrival, slew = float(flow.arrivals[key]), float(flow.slews[key])
    last = Step(instance=end[0], cell=end[1], pin=end[2], edge=_EDGES[key & 1], arrival_ps=arrival, slew_ps=slew)
    return Timing(
        period_ps=arrival + setup_ps, setup_ps=setup_ps, path=(*path, last), overloaded_nets=flow.graph.overloaded
    )


class SlackAnalysis:
    """How much later the outputs of each instance of a mapped netlist might come at its shortest period.

    It may be asked what would be if some instances were quicker, which costs far less than the first analysis.

    Raises: ToolError as `analyse`.
    """

    def __init__(self, netlist: Netlist, technology: Technology) -> None:
        self._flow = flow = _flow(netlist, technology)
        self._names = [instance.name for instance in netlist.instances]
        self._delays = flow.proposed - flow.arrivals[flow.graph.source]
        self._starts = flow.arrivals.copy()
        self._starts[flow.graph.target] = _NEVER

    def slacks(self, delays: Mapping[str, float] = MappingProxyType({})) -> dict[str, float]:
        """Give the slack of each instance.

        Args:
            delays: by the name of an instance, its delays as a share of those of its cell.
        Returns: picoseconds by the instance's name; infinite where no path that ends leads through it.
        """
        flow, graph = self._flow, self._flow.graph
        shares = np.array([*(delays.get(name, 1.0) for name in self._names), 1.0])  # the last one: of input ports
        lasts = self._delays * shares[graph.owner]
        arrivals = self._starts.copy()
        for begin, end, groups in graph.levels:
            proposed = arrivals[graph.source[begin:end]] + lasts[begin:end]
            arrivals[graph.target[begin:end][groups]] = np.maximum.reduceat(proposed, groups)
        latest = float(np.max(arrivals[flow.end_keys] + flow.end_setups))
        required = np.full(len(arrivals), np.inf)
        np.minimum.at(required, flow.end_keys, latest - flow.end_setups)
        for begin, end, _ in reversed(graph.levels):
            np.minimum.at(required, graph.source[begin:end], required[graph.target[begin:end]] - lasts[begin:end])
        slack = np.where(arrivals > _NEVER / 2, required - arrivals, np.inf)
        inside = graph.owner >= 0
        found = np.full(len(self._names), np.inf)
        np.minimum.at(found, graph.owner[inside], slack[graph.target[inside]])
        return dict(zip(self._names, found.tolist(), strict=True))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Flow:
    """Hold when everything happens.

    Args:
        arrivals, slews: by key of net and edge.
        proposed: what each arc proposed as the arrival at its target.
        end_keys, end_setups, end_names: where paths end: key, setup time, (instance, cell, pin).
        worst: the end that sets the period.
    """

    graph: Graph
    arrivals: Floats
    slews: Floats
    proposed: Floats
    end_keys: npt.NDArray[np.intp]
    end_setups: Floats
    end_names: list[tuple[str, str, str]]
    worst: int


def _flow(netlist: Netlist, technology: Technology) -> _Flow:
    tables = _tables(technology)
    graph = build_graph(netlist, technology, tables.rows)
    delay, slew = tables.cut(graph, technology)
    arrivals, slews, proposed = _propagate(graph, delay, slew, technology)
    ends = list(_ends(netlist, technology, graph, arrivals, slews))
    keys = np.concatenate([np.zeros(0, dtype=np.intp), *(keys for keys, _, _ in ends)])
    setups = np.concatenate([np.zeros(0), *(setups for _, setups, _ in ends)])
    if not (arrivals[keys] > _NEVER / 2).any():
        raise ToolError("timing: the netlist must have a path that ends at a register or an output")
    return _Flow(
        graph=graph,
        arrivals=arrivals,
        slews=slews,
        proposed=proposed,
        end_keys=keys,
        end_setups=setups,
        end_names=[name for _, _, names in ends for name in names],
        worst=int(np.argmax(arrivals[keys] + setups)),
    )


class _Tables:
    """Hold all delay tables of a technology in numpy form; row r is one arc with one edge in and one edge out."""

    def __init__(self, technology: Technology) -> None:
        self.rows: dict[str, list[tuple[int, str, int, str, int]]] = {}
        delays: list[Table] = []
        slews: list[Table] = []
        for cell in technology.cells.values():
            rows = self.rows.setdefault(cell.name, [])
            for related, edge_in, pin, edge_out, delay, slew in _edges(cell):
                rows.append((len(delays), related, edge_in, pin, edge_out))
                delays.append(delay)
                slews.append(slew)
        self.delay = Pack(delays)
        self.slew = Pack(slews)

    def cut(self, graph: Graph, technology: Technology) -> tuple[Lines, Lines]:
        """Give delay and slew of every arc as functions of the input slew."""
        loads = graph.loads[graph.target >> 1]
        delay = self.delay.cut(graph.row, loads)
        if len(graph.port_arcs):
            # An external driver's own delay belongs to the outside; only what the port's load adds counts.
            unloaded = self.delay.cut(graph.row[graph.port_arcs], np.zeros(len(graph.port_arcs)))
            delay = delay.minus(unloaded, graph.port_arcs)
        return delay, self.slew.cut(graph.row, loads)


_CACHE: weakref.WeakKeyDictionary[Technology, _Tables] = weakref.WeakKeyDictionary()


def _tables(technology: Technology) -> _Tables:
    if technology not in _CACHE:
        _CACHE[technology] = _Tables(technology)
    return _CACHE[technology]


def _edges(cell: Cell) -> Iterator[tuple[str, int, str, int, Table, Table]]:
    """Split a cell's arcs into one row for each edge in and out (0 rise, 1 fall)."""
    for pin in cell.pins.values():
        for arc in pin.arcs:
            if cell.flip_flop is not None and arc.kind != "rising_edge":
                continue  # asynchronous pins are tied; build_graph refuses others
            if cell.flip_flop is None and not arc.kind.startswith("combinational"):
                continue
            for edge_out, (delay, slew) in enumerate(zip(arc.delay, arc.slew, strict=True)):
                if delay is None or slew is None:
                    continue
                if arc.kind == "rising_edge":
                    edges_in: tuple[int, ...] = (0,)
                else:
                    edges_in = {"positive_unate": (edge_out,), "negative_unate": (1 - edge_out,)}.get(arc.sense, (0, 1))
                for edge_in in edges_in:
                    yield arc.related, edge_in, pin.name, edge_out, delay, slew


def _propagate(graph: Graph, delay: Lines, slew: Lines, technology: Technology) -> tuple[Floats, Floats, Floats]:
    """Carry arrivals and slews from level to level; also give what each arc proposed."""
    environment = technology.environment
    arrivals = np.full(2 * len(graph.loads), _NEVER)
    slews = np.zeros(2 * len(graph.loads))
    for net, slew_ps in ((graph.clock, environment.clock_slew_ps), (graph.outside, environment.input_slew_ps)):
        if net >= 0:
            arrivals[2 * net : 2 * net + 2] = 0.0
            slews[2 * net : 2 * net + 2] = slew_ps
    candidates = np.full(len(graph.row), _NEVER)
    for begin, end, groups in graph.levels:
        source = graph.source[begin:end]
        before, incoming = arrivals[source], slews[source]
        proposed = before + delay.at(begin, end, incoming)
        leaving = np.where(before > _NEVER / 2, slew.at(begin, end, incoming), 0.0)
        target = graph.target[begin:end][groups]
        arrivals[target] = np.maximum.reduceat(proposed, groups)
        slews[target] = np.maximum.reduceat(leaving, groups)
        candidates[begin:end] = proposed
    return arrivals, slews, candidates


_Ends = tuple[npt.NDArray[np.intp], Floats, list[tuple[str, str, str]]]
"""Ends of one kind: keys of net and edge, setup times, (instance, cell, pin)."""


def _ends(netlist: Netlist, technology: Technology, graph: Graph, arrivals: Floats, slews: Floats) -> Iterator[_Ends]:
    """Yield the ends of each kind that anything arrives at."""
    outputs = [
        (2 * graph.index[bit] + edge, (f"{port.name}[{place}]", "", ""))
        for port in netlist.ports
        for place, bit in enumerate(port.bits if port.is_output else ())
        if isinstance(bit, int)
        for edge in (0, 1)
    ]
    yield _reached([key for key, _ in outputs], np.zeros(len(outputs)), [name for _, name in outputs], arrivals)
    kinds: dict[str, list[Instance]] = {}
    for instance in netlist.instances:
        if technology.cells[instance.cell].flip_flop is not None:
            kinds.setdefault(instance.cell, []).append(instance)
    for name, instances in kinds.items():
        for pin in technology.cells[name].pins.values():
            ended = [instance for instance in instances if isinstance(instance.pins.get(pin.name), int)]
            nets = np.array([graph.index[instance.pins[pin.name]] for instance in ended], dtype=np.intp)
            names = [(instance.name, instance.cell, pin.name) for instance in ended]
            for setup in pin.setups if ended else ():
                for edge, table in enumerate(setup.constraint):
                    if table is not None:
                        keys = 2 * nets + edge
                        times = _setup_times(table, technology.environment.clock_slew_ps, slews[keys])
                        yield _reached(keys, times, names, arrivals)


def _reached(
    keys: Sequence[int] | npt.NDArray[np.intp], setups: Floats, names: Sequence[tuple[str, str, str]], arrivals: Floats
) -> _Ends:
    """Leave out the ends that nothing arrives at."""
    places = np.array(keys, dtype=np.intp)
    kept = arrivals[places] > _NEVER / 2
    return places[kept], setups[kept], [name for name, keep in zip(names, kept, strict=True) if keep]


def _setup_times(table: Table, clock_slew_ps: float, slews: Floats) -> Floats:
    column = [interpolate(table, clock_slew_ps, float(slew)) for slew in table.second]
    cut = Table(first=table.second, second=np.zeros(1), values=np.array(column)[:, None])
    return Pack([cut]).cut(np.zeros(len(slews), dtype=np.intp), np.zeros(len(slews))).at(0, len(slews), slews)


def _trace(netlist: Netlist, flow: _Flow, key: int) -> list[Step]:
    """Walk back from a net and edge to where its arrival began."""
    graph = flow.graph
    steps: list[Step] = []
    while True:
        rows = np.flatnonzero(graph.target == key)
        if not len(rows):
            break
        row = int(rows[np.argmax(flow.proposed[rows])])
        owner = int(graph.owner[row])
        arrival, slew = float(flow.arrivals[key]), float(flow.slews[key])
        if owner < 0:
            name = graph.port_names[int(graph.target[row]) >> 1]
            steps.append(Step(instance=name, cell="", pin="", edge=_EDGES[key & 1], arrival_ps=arrival, slew_ps=slew))
        else:
            instance = netlist.instances[owner]
            pin = next(pin for pin, bit in instance.pins.items() if graph.drives(owner, pin, bit, key >> 1))
            steps.append(
                Step(
                    instance=instance.name,
                    cell=instance.cell,
                    pin=pin,
                    edge=_EDGES[key & 1],
                    arrival_ps=arrival,
                    slew_ps=slew,
                )
            )
        key = int(graph.source[row])
    return steps[::-1]

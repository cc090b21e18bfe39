"""`hdlgen learn FILE`: a circuit from a fixed file of examples, scored, simulated and written."""

from __future__ import annotations

import functools
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table
from scipy.stats import beta

from hdlgen.cli.circuit_files import prepare_folder, save_report, write_circuit
from hdlgen.cli.circuit_request import CircuitRequest
from hdlgen.cli.project import check_tools
from hdlgen.errors import InputError
from hdlgen.evaluation import Verdict
from hdlgen.examples import READERS, Examples, read_examples
from search.portfolio import Outcome, Settings, held_out, join, learn_outputs
from search.portfolio.picture import draw_portfolio
from sim.mapped import score_of
from sim.networks import map_network, shrink, simulate_network
from sim.prove import EquivalenceProver, read_golden
from sim.technology import load as load_technology

__all__ = ["ExampleRequest", "is_examples", "learn_examples", "table"]

CONFIDENCE = 0.99
LEAST_HELD_OUT = 50
"""Of fewer held-out examples no accuracy is claimed."""
SHRINK_SECONDS = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ExampleRequest(CircuitRequest):
    """What the user asks for; `validation` may be left out."""

    source: Path
    validation: Path | None
    outputs: tuple[str, ...]
    matching: bool
    and_limit: int


def is_examples(source: str) -> bool:
    """Tell whether a source is a file of examples, by the end of its name."""
    return Path(source).suffix.lower() in READERS


def learn_examples(request: ExampleRequest, *, console: Console) -> dict[str, Any]:
    """Learn from a file, prove where there is a golden model, simulate, score and write; give the document of it.

    Raises: InputError where the examples cannot be used; ToolError.
    """
    check_tools(request.simulator)
    began = time.monotonic()
    technology = load_technology(request.technology)
    examples = read_examples(request.source, outputs=request.outputs)
    training, validation = _parts(examples, request)
    interface = examples.interface
    golden = None if request.golden is None else read_golden(request.golden, interface, module=request.module)
    folder = request.out or Path("runs") / f"{request.source.stem}-learnt"
    prepare_folder(folder)
    names = interface.output_names()

    def tell(bit: int, one: Outcome) -> None:
        line = f"{names[bit]}: {one.accuracy:.2%} of held-out examples, {one.network.and_nodes:,} ANDs by {one.method}"
        console.print(line, markup=False, soft_wrap=True)

    outcomes = learn_outputs(
        training,
        validation,
        Settings(limit=request.and_limit, seed=request.seed, matching=request.matching),
        shrink=functools.partial(shrink, seconds=SHRINK_SECONDS),
        workers=request.workers,
        on_done=tell,
    )
    network = join(interface, [one.network for one in outcomes])
    if len(outcomes) > 1:
        network = shrink(network, seconds=SHRINK_SECONDS)
    proof = None if golden is None else EquivalenceProver(golden, seconds=request.proof_seconds).prove(network)
    simulated = simulate_network(network, network.evaluate, folder=folder, simulator=request.simulator)
    mapped = map_network(network, technology, recipe=request.recipe)
    score = score_of(mapped, simulated).as_dict() if simulated.status == "ok" else None
    title = f"{request.source.stem}: {network.and_nodes:,} AND gates from {len(examples):,} examples"
    pictures = {"candidates.svg": draw_portfolio(outcomes, title=title)}
    files = write_circuit(folder, network, netlist=mapped.netlist, junit=simulated.junit, pictures=pictures)
    held = len(validation[0])
    accuracy = float(np.mean([one.accuracy for one in outcomes])) if held >= LEAST_HELD_OUT else None
    proved = proof is not None and proof.verdict is Verdict.EQUAL
    document = {
        "name": request.source.stem,
        "source": str(request.source),
        "inputs": interface.as_dict()["inputs"],
        "outputs": interface.as_dict()["outputs"],
        "examples": len(training[0]) + held,
        "queries": 0,
        "and_nodes": network.and_nodes,
        "depth": network.depth(),
        "held_out_accuracy": accuracy,
        "held_out_examples": held,
        "error_bound": 0.0 if proved else max(_error_bound(one.accuracy, held, len(outcomes)) for one in outcomes),
        "counterexamples": 0,
        "proved": proved,
        "golden": None if request.golden is None else str(request.golden),
        "claim": _claim(outcomes, len(training[0]), held, request, proved, "" if proof is None else proof.message),
        "seed": request.seed,
        "matching": request.matching,
        "by_output": [_output_document(name, one) for name, one in zip(names, outcomes, strict=True)],
        "simulation": {"status": simulated.status, "tokens": simulated.tokens, "message": simulated.message},
        "technology": technology.name,
        "recipe": request.recipe,
        "score": score,
        "wall_s": round(time.monotonic() - began, 2),
        "files": {name: str(path) for name, path in files.items()},
    }
    save_report(folder, document, _readme(document))
    return document


Tables = tuple[np.ndarray[Any, np.dtype[np.uint8]], np.ndarray[Any, np.dtype[np.uint8]]]


def _parts(examples: Examples, request: ExampleRequest) -> tuple[Tables, Tables]:
    """Give what is learnt from and what is held out: a file of its own, or a quarter of the examples."""
    if request.validation is None:
        held = held_out(len(examples), seed=request.seed)
        if not held.any():
            raise InputError(f"{request.source}: it must hold at least 4 examples, not {len(examples)}")
        return (
            (examples.inputs[~held], examples.outputs[~held]),
            (examples.inputs[held], examples.outputs[held]),
        )
    others = read_examples(request.validation, outputs=request.outputs)
    if others.interface != examples.interface:
        raise InputError(
            f"{request.validation}: its ports must be those of {request.source}, "
            f"{json.dumps(examples.interface.as_dict())}, not {json.dumps(others.interface.as_dict())}"
        )
    known = {row.tobytes(): at for at, row in enumerate(np.packbits(examples.inputs, axis=1))}
    for at, row in enumerate(np.packbits(others.inputs, axis=1)):
        same = known.get(row.tobytes())
        if same is not None and (examples.outputs[same] != others.outputs[at]).any():
            raise InputError(
                f"{request.validation}: equal inputs must have equal outputs; {others.unit} {others.places[at]} "
                f"contradicts {examples.unit} {examples.places[same]} of {request.source}"
            )
    return (examples.inputs, examples.outputs), (others.inputs, others.outputs)


def _error_bound(accuracy: float, count: int, outputs: int) -> float:
    """Give what the share of wrong answers stays below, with the confidence for all outputs together."""
    if count < LEAST_HELD_OUT:
        return 1.0
    wrong = round((1 - accuracy) * count)
    chance = (1 - CONFIDENCE) / outputs
    return 1.0 if wrong == count else float(beta.ppf(1 - chance, wrong + 1, count - wrong))


def _claim(
    outcomes: Sequence[Outcome], learnt: int, held: int, request: ExampleRequest, proved: bool, message: str
) -> str:
    """Say exactly what was shown, and no more."""
    text = f"Learnt from {learnt:,} examples"
    if held < LEAST_HELD_OUT:
        text += f"; of {held} held-out ones, fewer than {LEAST_HELD_OUT}, no accuracy can be claimed"
    else:
        mean = sum(one.accuracy for one in outcomes) / len(outcomes)
        bound = max(_error_bound(one.accuracy, held, len(outcomes)) for one in outcomes)
        each = "" if len(outcomes) == 1 else " and at each output"
        text += (
            f": circuits learnt from these alone, and chosen by other examples, are right on {mean:.2%} of {held:,} "
            f"held-out ones; with {CONFIDENCE:.0%} confidence{each} at most {bound:.2%} of inputs drawn like them "
            "are wrong"
        )
    found = sum(one.described != "" for one in outcomes)
    if found:
        text += f". {found} of {len(outcomes)} outputs were recognised as functions of arithmetic, not learnt"
    agreement = sum(one.agreement for one in outcomes) / len(outcomes)
    text += f". The circuit, learnt from all {learnt + held:,} examples, agrees with {agreement:.2%} of them"
    if request.golden is None:
        return f"{text}; nothing is proved."
    why = f" ({message})" if message else ""
    return f"{text}; it was {'' if proved else 'NOT '}proved equal to {request.golden}{'' if proved else why}."


def _output_document(name: str, one: Outcome) -> dict[str, Any]:
    return {
        "output": name,
        "method": one.method,
        "variant": one.variant,
        "recognised": one.described or None,
        "and_nodes": one.network.and_nodes,
        "held_out_accuracy": one.accuracy,
        "agreement": one.agreement,
        "candidates": len(one.points),
    }


def _readme(document: dict[str, Any]) -> str:
    rows = "\n".join(
        f"| {one['output']} | {one['recognised'] or one['method'] + ' ' + one['variant']} | {one['and_nodes']:,} | "
        f"{one['held_out_accuracy']:.2%} | {one['agreement']:.2%} |"
        for one in document["by_output"]
    )
    return f"""\
# {document["name"]}

{document["claim"]}

| output | by | AND gates | of held-out examples | of all examples |
| --- | --- | --- | --- | --- |
{rows}

Ports: `{json.dumps({"inputs": document["inputs"], "outputs": document["outputs"]})}`

`learnt.v`, `learnt.blif` and `learnt.aig` are the same combinational circuit of {document["and_nodes"]:,} AND gates;
`design.v` has it between registers with the ports of every design, which the testbench ran against the network
(`results.xml`) and `netlist.v` maps to {document["technology"]}.

![What each candidate reached at which size](candidates.svg)
"""


def table(document: dict[str, Any]) -> Table:
    """Lay out what came of it for a terminal."""
    result = Table()
    for name in ("output", "by", "ANDs", "held out"):
        result.add_column(name, justify="right" if name in ("ANDs", "held out") else "left")
    for one in document["by_output"]:
        by = one["recognised"] or f"{one['method']} {one['variant']}"
        result.add_row(one["output"], by, f"{one['and_nodes']:,}", f"{one['held_out_accuracy']:.2%}")
    total = f"{document['and_nodes']:,}"
    result.add_row("all", str(Path(document["files"]["learnt.v"]).parent), total, "")
    return result

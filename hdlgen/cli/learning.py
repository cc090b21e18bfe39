"""`hdlgen learn`: a circuit from an oracle's answers, then proved, scored, simulated and written."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.table import Table

from hdlgen.cli.circuit_files import prepare_folder, save_report, write_circuit
from hdlgen.cli.circuit_request import CircuitRequest
from hdlgen.cli.project import check_tools
from hdlgen.cli.teachers import ProgramOracle, open_source
from hdlgen.errors import StoreError, ToolError
from hdlgen.evaluation import Verdict
from search.learn import Learnt, News, Settings, learn_seeds, smallest
from search.learn.picture import draw_learnt
from sim.mapped import score_of
from sim.networks import map_network, shrink, simulate_network
from sim.prove import EquivalenceProver, read_golden
from sim.recipes import RECIPES
from sim.technology import load as load_technology

__all__ = ["Request", "learn", "table"]

CONFIDENCE = 0.99
ATTEMPTS = 8
"""A clean pass of tests may be the eighth: that many chances are counted in the bound."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request(CircuitRequest):
    """What the user asks for; `ports` may be left out."""

    source: str
    ports: Path | None
    seeds: int
    tests: int
    call_seconds: float
    resume: bool


def learn(request: Request, *, console: Console) -> dict[str, Any]:
    """Learn, prove, shrink, simulate, score and write; give the document of it.

    Raises: InputError where source or golden model cannot be used; ToolError where the function is not learnt.
    """
    check_tools(request.simulator)
    began = time.monotonic()
    technology = load_technology(request.technology)
    source = open_source(request.source, ports=request.ports, call_seconds=request.call_seconds)
    prover = None
    if request.golden is not None:
        golden = read_golden(request.golden, source.interface, module=request.module)
        prover = EquivalenceProver(golden, seconds=request.proof_seconds)
    folder = request.out or Path("runs") / f"{source.name}-learnt"
    _prepare(folder, resume=request.resume)
    with _watching(console) as on_news:
        found = learn_seeds(
            source.open,
            range(request.seed, request.seed + request.seeds),
            where=source.where,
            version=source.digest,
            settings=Settings(tests=request.tests),
            prover=prover,
            workers=request.workers,
            folder=folder,
            call_seconds=request.call_seconds,
            on_news=on_news,
        )
    best = smallest(found)
    network = shrink(best.network)
    if prover is not None and best.verdict is Verdict.EQUAL:
        # What is written is what is proved, not what it was shrunk from.
        proof = prover.prove(network)
        if proof.verdict is not Verdict.EQUAL:
            raise ToolError(f"{source.where}: the shrunk circuit must be proved as the learnt one was: {proof.message}")
    teacher = source.open()
    try:
        simulated = simulate_network(network, teacher.ask, folder=folder, simulator=request.simulator)
    finally:
        if isinstance(teacher, ProgramOracle):
            teacher.close()
    mapped = map_network(network, technology, recipe=request.recipe)
    score = score_of(mapped, simulated).as_dict() if simulated.status == "ok" else None
    title = f"{source.name}: {network.and_nodes:,} AND gates from {best.queries / 1e6:,.0f} million queries"
    pictures = {"growth.svg": draw_learnt(network, best.growth, title=title)}
    files = write_circuit(folder, network, netlist=mapped.netlist, junit=simulated.junit, pictures=pictures)
    document = {
        "name": source.name,
        "source": request.source,
        "inputs": source.interface.as_dict()["inputs"],
        "outputs": source.interface.as_dict()["outputs"],
        "examples": 0,
        "queries": sum(one.queries for one in found),
        "and_nodes": network.and_nodes,
        "and_nodes_learnt": best.network.and_nodes,
        "depth": network.depth(),
        "held_out_accuracy": 1 - best.test_errors / best.tests if best.tests else None,
        "held_out_examples": best.tests,
        "error_bound": None if best.verdict is Verdict.EQUAL else _bound(best, len(found)),
        "counterexamples": best.counterexamples,
        "proved": best.verdict is Verdict.EQUAL,
        "golden": None if request.golden is None else str(request.golden),
        "claim": _claim(best, request, len(found)),
        "seed": best.seed,
        "seeds": [_seed_document(one) for one in found],
        "simulation": {"status": simulated.status, "tokens": simulated.tokens, "message": simulated.message},
        "technology": technology.name,
        "recipe": request.recipe,
        "score": score,
        "wall_s": round(time.monotonic() - began, 2),
        "files": {name: str(path) for name, path in files.items()},
    }
    save_report(folder, document, _readme(document))
    for seed in found:
        (folder / f"seed-{seed.seed}.json").unlink(missing_ok=True)
    return document


def _prepare(folder: Path, *, resume: bool) -> None:
    prepare_folder(folder)
    try:
        for path in [] if resume else folder.glob("seed-*.json"):
            path.unlink()
    except OSError as error:
        raise StoreError(f"{folder}: the folder must be writable ({error.strerror})") from None


def _bound(best: Learnt, seeds: int) -> float:
    """Give what the share of wrong answers stays below, for inputs drawn like the tests, with the confidence."""
    if not best.tests:
        return 1.0
    chances = math.log(ATTEMPTS * seeds / (1 - CONFIDENCE))
    share = best.test_errors / best.tests
    return min(1.0, share + (chances / best.tests if not best.test_errors else math.sqrt(chances / (2 * best.tests))))


def _claim(best: Learnt, request: Request, seeds: int) -> str:
    """Say exactly what was shown, and no more."""
    learnt = f"Learnt from {best.queries:,} queries"
    held = f"{best.tests:,} fresh examples, of which none was learnt from, with {best.test_errors:,} errors"
    if best.verdict is Verdict.EQUAL:
        helped = f"{best.counterexamples} counterexample{'' if best.counterexamples == 1 else 's'} of the prover"
        return f"{learnt}, then proved equal to {request.golden} for all inputs, with the help of {helped}."
    bound = f"with {CONFIDENCE:.0%} confidence at most {_bound(best, seeds):.2g} of inputs drawn like these are wrong"
    why = f" ({best.message})" if best.message else ""
    proof = (
        "no golden model was given" if request.golden is None else f"it was NOT proved equal to {request.golden}{why}"
    )
    return f"{learnt}, then held to {held}: {bound}; {proof}."


def _seed_document(one: Learnt) -> dict[str, Any]:
    return {
        "seed": one.seed,
        "queries": one.queries,
        "and_nodes": one.network.and_nodes,
        "nodes": one.nodes,
        "classes": one.classes,
        "counterexamples": one.counterexamples,
        "errors_before_proof": one.errors_before_proof,
        "test_errors": one.test_errors,
        "proved": one.verdict is Verdict.EQUAL,
        "message": one.message,
        "wall_s": round(one.wall_s, 2),
        "cpu_s": round(one.cpu_s, 2),
    }


def _readme(document: dict[str, Any]) -> str:
    rows = "\n".join(
        f"| {name} | {document[name]:,} |"
        for name in ("and_nodes", "and_nodes_learnt", "depth", "queries", "counterexamples", "held_out_examples")
    )
    return f"""\
# {document["name"]}

{document["claim"]}

| figure | value |
| --- | --- |
{rows}

Ports: `{json.dumps({"inputs": document["inputs"], "outputs": document["outputs"]})}`

`learnt.v`, `learnt.blif` and `learnt.aig` are the same combinational circuit; `design.v` has it between registers with
the ports of every design, which the testbench ran (`results.xml`) and `netlist.v` maps to {document["technology"]}.

![Growth of the diagram and size of each output](growth.svg)
"""


@contextmanager
def _watching(console: Console) -> Iterator[Callable[[News], None]]:
    """Show what each seed does: a table that is drawn anew, or on no terminal one line a stage."""
    latest: dict[int, News] = {}

    def line(news: News) -> str:
        return (
            f"seed {news.seed}: {news.stage.value}, {news.text or 'begun'}, {news.queries / 1e6:,.1f} million queries"
        )

    if not console.is_terminal:

        def say(news: News) -> None:
            known = latest.get(news.seed)
            latest[news.seed] = news
            if known is None or known.stage is not news.stage or news.stage.value == "proof":
                console.print(line(news), markup=False, soft_wrap=True)

        yield say
        return
    # Drawn from this thread alone: seeds are forked, and a fork beside another thread may hang.
    with Live(console=console, auto_refresh=False, transient=True) as live:

        def draw(news: News) -> None:
            latest[news.seed] = news
            live.update("\n".join(line(latest[seed]) for seed in sorted(latest)), refresh=True)

        yield draw


def table(document: dict[str, Any]) -> Table:
    """Lay out what came of it for a terminal."""
    result = Table()
    result.add_column("figure")
    result.add_column("value", justify="right")
    figures: Sequence[str] = ("and_nodes", "and_nodes_learnt", "depth", "queries", "counterexamples", "wall_s")
    for name in figures:
        result.add_row(name, f"{document[name]:,}")
    for name in ("area_um2", "period_ps"):
        if document["score"]:
            result.add_row(f"{name} on {document['technology']}", f"{document['score'][name]:,.0f}")
    result.add_row("files", str(Path(document["files"]["learnt.v"]).parent))
    return result


RECIPE_NAMES = tuple(RECIPES)

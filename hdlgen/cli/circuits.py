"""The command that learns circuits: `hdlgen learn`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from hdlgen.cli import example_learning, learning
from hdlgen.cli.console import print_document, screen, standard_error
from hdlgen.cli.options import CORES, JSON, MOST_WORKERS, SEED, SIMULATOR, WORKERS, check_range
from hdlgen.errors import InputError, nearest

__all__ = ["circuits"]

circuits = typer.Typer(rich_markup_mode="markdown")


@circuits.command()
def learn(
    source: Annotated[
        str,
        typer.Argument(
            metavar="SOURCE",
            help="FILE.pla, .csv or .npz; FILE.py:FUNCTION, FILE.so:FUNCTION; or a program with --ports.",
        ),
    ],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="The folder of the circuit; runs/NAME-learnt by default.")
    ] = None,
    golden: Annotated[
        Path | None, typer.Option(help="Verilog or AIGER with the same ports, to which the circuit is proved equal.")
    ] = None,
    module: Annotated[str | None, typer.Option(help="Name of the top module of --golden.")] = None,
    ports: Annotated[Path | None, typer.Option(help="JSON with the ports of a library or program.")] = None,
    seed: SEED = None,
    seeds: Annotated[int, typer.Option(help="How many seeds are tried; the smallest circuit is kept.")] = 2,
    workers: WORKERS = CORES,
    tests: Annotated[int, typer.Option(help="Fresh examples that the circuit is held to at the end.")] = 1 << 20,
    call_seconds: Annotated[float, typer.Option(help="How long one call of the oracle may take.")] = 60.0,
    proof_seconds: Annotated[float, typer.Option(help="How long one proof may take.")] = 240.0,
    technology: Annotated[str, typer.Option(help="What the circuit is mapped to and scored on.")] = "sky130hd",
    recipe: Annotated[str, typer.Option(help=f"How: one of {', '.join(learning.RECIPE_NAMES)}.")] = "balanced",
    simulator: SIMULATOR = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the folder's checkpoints.")] = False,
    validation: Annotated[
        Path | None, typer.Option(help="Examples that choose; a quarter of those of the file by default.")
    ] = None,
    no_matching: Annotated[
        bool, typer.Option("--no-matching", help="From examples: recognise no arithmetic, learn everything.")
    ] = False,
    and_limit: Annotated[int, typer.Option(help="From examples: AND gates of each output at most.")] = 5000,
    outputs: Annotated[
        str, typer.Option(help="From CSV: the output columns, with commas between; the last column by default.")
    ] = "",
    json: JSON = False,
) -> None:
    """Learn a circuit that nobody described, from examples or from an oracle's answers to queries alone.

    A file of examples is a PLA of minterms, a CSV of unsigned numbers with columns titled `name` or `name:width`, or
    npz with packed bits. A portfolio of methods learns from it, and held-out examples choose.

    The oracle is your own code, run only because you name it. A Python file holds `PORTS = {"inputs": {name: width},
    "outputs": {name: width}}` and a function that takes one array of unsigned numbers an input port and returns a dict
    of arrays; with `FORM = "bits"` it takes and returns uint64 matrices, a row a bit, 64 examples a word. A program
    reads a line of hexadecimal numbers an example and answers a line.

    Examples:

    - `hdlgen learn examples.csv --outputs y,carry`: from a file of examples
    - `hdlgen learn adder.py:add`: from a function of your own
    - `hdlgen learn designs/rv32i/oracle.py:step --golden designs/rv32i/golden.v`: learnt, then proved
    - `hdlgen learn "./emulator --fast" --ports ports.json --json`: from a program
    """
    check_range("--seed", seed, 0)
    check_range("--seeds", seeds, 1, 64)
    check_range("--workers", workers, 1, MOST_WORKERS)
    check_range("--tests", tests, 0, 1 << 34)
    for option, value in (("--call-seconds", call_seconds), ("--proof-seconds", proof_seconds)):
        if not value > 0:
            raise InputError(f"{option} must be more than 0, not {value:g}")
    if recipe not in learning.RECIPE_NAMES:
        raise InputError(
            f"--recipe must be one of {', '.join(learning.RECIPE_NAMES)}, not {recipe!r}"
            f"{nearest(recipe, learning.RECIPE_NAMES)}"
        )
    check_range("--and-limit", and_limit, 0, 1 << 20)
    common: dict[str, Any] = {
        "golden": golden,
        "module": module,
        "out": output,
        "seed": 1 if seed is None else seed,
        "workers": workers,
        "proof_seconds": proof_seconds,
        "technology": technology,
        "recipe": recipe,
        "simulator": simulator,
    }
    shown = learning.table
    if example_learning.is_examples(source):
        if ports is not None or resume:
            raise InputError(f"{source}: {'--ports' if ports else '--resume'} must be left out with a file of examples")
        shown = example_learning.table
        document = example_learning.learn_examples(
            example_learning.ExampleRequest(
                source=Path(source),
                validation=validation,
                outputs=tuple(name.strip() for name in outputs.split(",") if name.strip()),
                matching=not no_matching,
                and_limit=and_limit,
                **common,
            ),
            console=standard_error(),
        )
    else:
        if validation is not None or no_matching or outputs:
            raise InputError(f"{source}: --validation, --no-matching and --outputs must go with a file of examples")
        document = learning.learn(
            learning.Request(
                source=source,
                ports=ports,
                seeds=seeds,
                tests=tests,
                call_seconds=call_seconds,
                resume=resume,
                **common,
            ),
            console=standard_error(),
        )
    if json:
        print_document(document)
    else:
        screen().print(document["claim"], markup=False)
        screen().print(shown(document))
    if document["simulation"]["status"] != "ok" or (golden is not None and not document["proved"]):
        standard_error().print(f"hdlgen: {document['claim']}", markup=False, soft_wrap=True)
        raise typer.Exit(1)

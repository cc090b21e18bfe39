"""The commands that put a design on trial: `hdlgen prove` and `hdlgen faults`."""

from __future__ import annotations

from typing import Annotated

import typer

from hdlgen.cli import planting, proving
from hdlgen.cli.console import print_document, screen, standard_error
from hdlgen.cli.options import JSON, POINT, PROVE_LIMIT, SEED, SIMULATOR, SPEC, TECHNOLOGY, check_range
from hdlgen.cli.project import open_project
from sim.prove_design import PROOF_SECONDS

__all__ = ["trials"]

trials = typer.Typer(rich_markup_mode="markdown")


@trials.command()
def prove(
    spec: SPEC,
    point: POINT = "",
    technology: TECHNOLOGY = None,
    simulator: SIMULATOR = None,
    prove_limit: PROVE_LIMIT = PROOF_SECONDS,
    json: JSON = False,
) -> None:
    """Prove a design: netlist against Verilog, results against the spec, and the handshake, for all inputs and stalls.

    Says of each `proved`, `bounded to N cycles` or `simulated only` with the reason. The netlist is simulated, too.

    Examples:

    - `hdlgen prove dot8`: the default point
    - `hdlgen prove my.toml --point interval=4,fold=4 --prove-limit 300`: a folded one, with more time
    """
    project = open_project(spec, technology=technology)
    check_range("--prove-limit", prove_limit, 1)
    document = proving.run(project, project.point(point), simulator=simulator, seconds=prove_limit)
    if json:
        print_document(document)
    else:
        screen().print(proving.text(document), markup=False, soft_wrap=True)
    if proving.failure(document):
        standard_error().print(f"hdlgen: {proving.failure(document)}", markup=False, soft_wrap=True)
        raise typer.Exit(1)


@trials.command()
def faults(
    spec: SPEC,
    point: POINT = "",
    faults: Annotated[int, typer.Option("--faults", help="How many are planted, if there are so many.")] = 400,
    seed: SEED = None,
    technology: TECHNOLOGY = None,
    simulator: SIMULATOR = None,
    proof: Annotated[bool, typer.Option(help="Whether what the testbench misses is given to ABC.")] = True,
    json: JSON = False,
) -> None:
    """Plant faults into a design, in its structure and in its netlist, and say who catches them.

    The standard testbench's stimuli are played on all faulty designs at once; what they miss is proved to be equivalent
    or to differ, and is listed. The same seed plants the same faults.

    Examples:

    - `hdlgen faults dot8`: 400 faults of the default point
    - `hdlgen faults my.toml --point interval=4,fold=4 --faults 2000 --seed 7`: many, in a folded design
    - `hdlgen faults my.toml --no-proof`: what the testbench alone is worth
    """
    project = open_project(spec, technology=technology)
    check_range("--faults", faults, 1, planting.MOST_FAULTS)
    check_range("--seed", seed, 0)
    document = planting.run(
        project,
        project.point(point),
        count=faults,
        seed=1 if seed is None else seed,
        prove=proof,
        simulator=simulator,
    )
    if json:
        print_document(document)
    else:
        screen().print(planting.text(document), markup=False, soft_wrap=True)
    if proof and planting.failure(document):
        standard_error().print(f"hdlgen: {planting.failure(document)}", markup=False, soft_wrap=True)
        raise typer.Exit(1)

"""The commands that take a design to silicon: `hdlgen nodes` and `hdlgen tinytapeout`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hdlgen.cli import nodes as comparison
from hdlgen.cli import tinytapeout as tiny
from hdlgen.cli.console import print_document, screen, standard_error
from hdlgen.cli.options import CORES, JSON, MOST_WORKERS, POINT, SEED, SIMULATOR, SPEC, WORKERS, check_range
from hdlgen.cli.progress import Advance
from hdlgen.errors import InputError
from search.fleet import Need
from sim.tinytapeout import TILES

__all__ = ["silicon"]

silicon = typer.Typer(rich_markup_mode="markdown")


@silicon.command()
def nodes(
    spec: SPEC,
    throughput: Annotated[float, typer.Option(help="Results in all, in millions a second.")],
    cap: Annotated[float | None, typer.Option(help="Results of one chip at most, in millions a second.")] = None,
    chip: Annotated[float, typer.Option(help="Area of a chip that copies may take, in mm².")] = 100.0,
    technologies: Annotated[
        str | None, typer.Option(help=f"With commas between; {','.join(comparison.TARGETS)} by default.")
    ] = None,
    budget: Annotated[int, typer.Option(help="How many designs are measured on each.")] = comparison.BUDGET,
    strategy: Annotated[str | None, typer.Option(help="Of the searches.")] = None,
    seed: SEED = None,
    workers: WORKERS = CORES,
    simulator: SIMULATOR = None,
    out: Annotated[Path | None, typer.Option(help="The folder; runs/NAME-nodes-N by default.")] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the latest folder, or --out's; the need may be another.")
    ] = False,
    json: JSON = False,
) -> None:
    """Search on each technology, and tell how many copies and chips of the best design reach one throughput.

    The best design is the one that takes the least silicon. Ends with a table, a page with the picture, and the files
    of each best design.

    Examples:

    - `hdlgen nodes matrix_engine --throughput 1000000`: the same matrix engine at 180, 130 and 7 nm
    - `hdlgen nodes matrix_engine --throughput 1000000 --cap 50000`: where no chip may do more
    - `hdlgen nodes my.toml --throughput 500 --technologies sky130hd,my.lib --budget 30`
    - `hdlgen nodes matrix_engine --throughput 2000000 --resume`: another need, from the designs that are measured
    """
    check_range("--workers", workers, 1, MOST_WORKERS)
    check_range("--budget", budget, 1)
    check_range("--seed", seed, 0)
    task = comparison.Task(
        source=spec,
        need=Need(throughput_msps=throughput, cap_msps=cap, chip_mm2=chip),
        technologies=comparison.check_targets(technologies),
        budget=budget,
        strategy=strategy,
        seed=seed,
        workers=workers,
        simulator=simulator,
    )
    with Advance("designs", console=standard_error()) as advance:
        document = comparison.run(task, out=out, resume=resume, on_notice=advance.notice, on_progress=advance.reached)
    if json:
        print_document(document)
    else:
        screen().print(comparison.view(document))
    without = [row["technology"] for row in document["technologies"] if not row["fleet"]]
    if without:
        standard_error().print(f"hdlgen: no feasible design on {', '.join(without)}", markup=False, soft_wrap=True)
        raise typer.Exit(1)


@silicon.command()
def tinytapeout(
    spec: SPEC,
    point: POINT = "",
    tiles: Annotated[str, typer.Option(help=f"Size of the project: one of {', '.join(TILES)}.")] = "1x1",
    utilisation: Annotated[float, typer.Option(help="Share of the tiles that cells may take, in percent.")] = 60.0,
    author: Annotated[str, typer.Option(help="Your name, for the datasheet.")] = "",
    tokens: Annotated[int, typer.Option(help="Tokens that the test sends through.")] = 32,
    seed: SEED = None,
    out: Annotated[Path | None, typer.Option(help="The project's folder; runs/NAME-tinytapeout by default.")] = None,
    json: JSON = False,
) -> None:
    """Write a project for Tiny Tapeout: the design in a byte-serial shell, with a test that passed here.

    The shell is mapped to sky130 and must fit its tiles; its cocotb test sends bytes in and compares those that come
    out with the golden model.

    Examples:

    - `hdlgen tinytapeout popcount64`: into one tile, the default point
    - `hdlgen tinytapeout dot8 --point interval=8,full_adders=cells --tiles 1x2 --out my-chip`
    """
    if tiles not in TILES:
        raise InputError(f"--tiles must be one of {', '.join(TILES)}, not {tiles!r}")
    check_range("--utilisation", utilisation, 1, 100)
    check_range("--tokens", tokens, 1, 10_000)
    check_range("--seed", seed, 0)
    document = tiny.run(
        spec,
        point=point,
        tiles=tiles,
        utilisation=utilisation / 100,
        author=author,
        tokens=tokens,
        seed=1 if seed is None else seed,
        out=out,
    )
    if json:
        print_document(document)
    else:
        screen().print(tiny.view(document), markup=False, soft_wrap=True)

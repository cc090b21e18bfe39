"""The commands and their options; what they do stands in the modules beside this one."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from hdlgen.cli import checking, doctor, points, simulating
from hdlgen.cli.console import print_document, screen, standard_error
from hdlgen.cli.live import Live
from hdlgen.cli.project import open_project
from hdlgen.cli.searching import plan, run
from hdlgen.errors import HdlgenError, InputError
from search.report import write_report

__all__ = ["app", "main"]

INTERRUPTED = 130
CORES = os.cpu_count() or 1

app = typer.Typer(
    name="hdlgen",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    help="""Design accelerator datapaths by search: a spec file in, verified Pareto-optimal designs out.

Begin with `hdlgen search dot8`: it searches designs for a shipped spec, each simulated against a bit-exact reference
and mapped to standard cells, and writes a report. Then copy a spec from `designs/`, change it, `hdlgen check` it and
search again.

Exit status: 0 done, 1 a design or check failed, 2 bad input, 3 a tool is missing, 130 interrupted (and resumable).""",
)

SPEC = Annotated[str, typer.Argument(metavar="SPEC", help="A spec file, or the name of a shipped design such as dot8.")]
POINT = Annotated[str, typer.Option("--point", help="Knobs, as interval=2,adder=sklansky; the rest take defaults.")]
TECHNOLOGY = Annotated[
    str | None, typer.Option("--technology", help="A shipped technology, or a liberty file; the spec's own by default.")
]
JSON = Annotated[bool, typer.Option("--json", help="Print one JSON document on standard output and nothing else.")]
SIMULATOR = Annotated[
    str | None, typer.Option("--simulator", help="icarus or verilator; the first that is installed by default.")
]
WORKERS = Annotated[int, typer.Option("--workers", min=1, max=256, help="Processes that measure at the same time.")]
SEED = Annotated[int | None, typer.Option("--seed", min=0, help="Of all that is random; the same seed, the same run.")]


@app.command()
def check(spec: SPEC, technology: TECHNOLOGY = None, json: JSON = False) -> None:
    """Read a spec and show its formats, its graph, its knobs and the size of its design space."""
    project = open_project(spec, technology=technology)
    if json:
        print_document(checking.document(project))
    else:
        screen().print(checking.tables(project))


@app.command()
def search(
    spec: SPEC,
    strategy: Annotated[str | None, typer.Option(help="uniform, exhaustive, local or evolution.")] = None,
    budget: Annotated[int | None, typer.Option(min=1, help="How many distinct designs may be measured.")] = None,
    seed: SEED = None,
    batch: Annotated[int | None, typer.Option(min=1, help="Points asked for at a time; part of the result.")] = None,
    patience: Annotated[int | None, typer.Option(min=1, help="Stop after so many designs without a new front.")] = None,
    workers: WORKERS = CORES,
    technology: TECHNOLOGY = None,
    simulator: SIMULATOR = None,
    out: Annotated[Path | None, typer.Option(help="The run's folder; runs/NAME-N by default.")] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the latest run of the spec, or --out's.")
    ] = False,
    json: JSON = False,
) -> None:
    """Search designs of a spec: the main job. Every design is simulated, mapped, timed, scored and stored.

    Ends with the Pareto front, the folder of each design on it, and report.html.
    """
    project = open_project(spec, technology=technology)
    options = {"strategy": strategy, "budget": budget, "seed": seed, "batch": batch, "patience": patience}
    settings = plan(project, workers=workers, simulator=simulator, **options)
    with Live(project, settings, console=standard_error()) as live:
        outcome = run(
            project,
            settings,
            out=out,
            resume=resume,
            on_stage=live.stage,
            on_stock=live.stock,
            on_progress=live.progress,
            on_store=live.store,
        )
    if json:
        print_document(outcome.document)
    else:
        screen().print(live.result(outcome))
    if not outcome.exploration.summary.front:
        standard_error().print(live.nearest(outcome), markup=False)
        raise typer.Exit(1)


@app.command()
def measure(
    spec: SPEC,
    point: POINT = "",
    technology: TECHNOLOGY = None,
    simulator: SIMULATOR = None,
    out: Annotated[Path | None, typer.Option(help="The design's folder; below runs/NAME-points by default.")] = None,
    json: JSON = False,
) -> None:
    """Take one point through the whole pipeline: build, simulate, map, time, score."""
    project = open_project(spec, technology=technology)
    document = points.measure(project, project.point(point), simulator=simulator, out=out)
    if json:
        print_document(document)
    else:
        screen().print(points.table(document))
    if document["status"] != "ok":
        standard_error().print(f"{document['status']}: {document['message']}", markup=False)
        raise typer.Exit(1)


@app.command()
def verilog(
    spec: SPEC,
    point: POINT = "",
    technology: TECHNOLOGY = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="A file; standard output by default.")] = None,
) -> None:
    """Write the Verilog of one point."""
    project = open_project(spec, technology=technology)
    text = points.verilog(project, project.point(point))
    if output is None:
        sys.stdout.write(text)
    else:
        points.write_text(output, text)


@app.command()
def simulate(
    spec: SPEC,
    point: POINT = "",
    verilog: Annotated[
        Path | None, typer.Option("--verilog", help="Your own Verilog, module `top`, with the ports of a design.")
    ] = None,
    module: Annotated[str, typer.Option("--module", help="Name of the top module of --verilog.")] = "top",
    tokens: Annotated[int | None, typer.Option(min=256, max=1_000_000, help="Tokens of the stall-free phase.")] = None,
    seed: SEED = None,
    technology: TECHNOLOGY = None,
    simulator: SIMULATOR = None,
    waves: Annotated[bool, typer.Option("--waves", help="Write a waveform (VCD), too.")] = False,
    out: Annotated[
        Path | None, typer.Option(help="Where results are written; runs/NAME-simulation by default.")
    ] = None,
    json: JSON = False,
) -> None:
    """Run the cocotb testbench on a generated design, or on your own Verilog with the same ports."""
    project = open_project(spec, technology=technology)
    source = simulating.source(project, point=point, verilog=verilog)
    result = simulating.run(
        project,
        source,
        module=module if verilog else "top",
        tokens=tokens,
        seed=1 if seed is None else seed,
        simulator=simulator,
        waves=waves,
        folder=out or Path("runs") / f"{project.spec.name}-simulation",
    )
    if json:
        print_document(simulating.document(project, result))
    else:
        screen().print(simulating.text(project, result), markup=False)
    if result.status != "ok":
        raise typer.Exit(1)


@app.command()
def report(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="The folder of a run, such as runs/dot8-1.")],
) -> None:
    """Write report.html again, from the run's folder alone."""
    screen().print(str(write_report(run)), markup=False)


@app.command(name="doctor")
def doctor_command(json: JSON = False) -> None:
    """Show which tools are found, their versions, what is missing and the line that installs it."""
    findings = doctor.examine()
    if json:
        print_document([finding.as_dict() for finding in findings])
    else:
        screen().print(doctor.table(findings))
    if any(finding.needed and not finding.found for finding in findings):
        raise typer.Exit(3)


def main(arguments: list[str] | None = None) -> int:
    """Run a command and give its exit status; errors that a user can cause are one line on standard error."""
    try:
        status = app(args=arguments, standalone_mode=False, prog_name="hdlgen")
        return int(status or 0)
    except (KeyboardInterrupt, typer.Abort):
        _complain("interrupted; a search goes on with --resume")
        return INTERRUPTED
    except HdlgenError as error:
        _complain(str(error))
        return error.exit_status
    except BrokenPipeError:
        sys.stderr.close()
        return 0
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        _complain(f"{place}{(error.strerror or str(error)).lower()}")
        return InputError.exit_status
    except typer.TyperException as error:
        _complain(str(error).lower())
        return InputError.exit_status


def _complain(text: str) -> None:
    standard_error().print(f"hdlgen: {text}", markup=False, soft_wrap=True)

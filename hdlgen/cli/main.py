"""The commands and their options; what they do stands in the modules beside this one."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from hdlgen.cli import checking, doctor, points, simulating
from hdlgen.cli.bitstreams import bitstreams
from hdlgen.cli.circuits import circuits
from hdlgen.cli.console import print_document, screen, standard_error
from hdlgen.cli.live import Live
from hdlgen.cli.options import (
    CORES,
    JSON,
    MOST_WORKERS,
    POINT,
    PROVE_LIMIT,
    SEED,
    SIMULATOR,
    SPEC,
    TECHNOLOGY,
    WORKERS,
    check_range,
    usage,
)
from hdlgen.cli.project import open_project
from hdlgen.cli.searching import plan, run
from hdlgen.cli.silicon import silicon
from hdlgen.cli.studies import studies
from hdlgen.cli.trials import trials
from hdlgen.errors import HdlgenError, InputError
from search.confine import DECISION_LIMIT_S
from search.report import write_report
from search.strategies import STRATEGIES
from sim.prove_design import PROOF_SECONDS

__all__ = ["app", "main"]

INTERRUPTED = 130
FEWEST_TOKENS, MOST_TOKENS = 256, 1_000_000
"""With fewer tokens without a pause the testbench measures no rate."""

app = typer.Typer(
    name="hdlgen",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    help="""Design accelerator datapaths by search: a spec file in, verified Pareto-optimal designs out.

Begin with `hdlgen search dot8`: it searches designs for a shipped spec, each simulated against a bit-exact reference
and mapped to standard cells, and writes a report. Then copy a spec from `designs/`, change it, and search again:

- `hdlgen check my.toml`: says how the spec is understood and which knobs there are
- `hdlgen search my.toml --budget 40`: makes `runs/NAME-1` with `report.html` and the designs of the front
- `hdlgen measure my.toml --point interval=2,adder=sklansky`: takes one point through everything
- `hdlgen simulate my.toml --verilog mine.v`: tests your own Verilog against the same spec

Exit status: 0 done, 1 a design or check failed, 2 bad input, 3 a tool is missing, 130 interrupted (and resumable).""",
)


@app.command()
def check(spec: SPEC, technology: TECHNOLOGY = None, json: JSON = False) -> None:
    """Read a spec and show its formats, its graph, its knobs and the size of its design space.

    Examples:

    - `hdlgen check dot8`: a shipped design
    - `hdlgen check my.toml --technology asap7`: the knobs that another technology has
    - `hdlgen check my.toml --json`: the same for a program
    """
    project = open_project(spec, technology=technology)
    if json:
        print_document(checking.document(project))
    else:
        screen().print(checking.tables(project))


@app.command()
def search(
    spec: SPEC,
    strategy: Annotated[str | None, typer.Option(help=f"One of {', '.join(STRATEGIES)}.")] = None,
    budget: Annotated[int | None, typer.Option(help="How many distinct designs may be measured.")] = None,
    seed: SEED = None,
    batch: Annotated[int | None, typer.Option(help="Points asked for at a time; part of the result.")] = None,
    patience: Annotated[int | None, typer.Option(help="Stop after so many designs without a new front.")] = None,
    workers: WORKERS = CORES,
    cluster: Annotated[
        str | None, typer.Option(help="Address of a Dask scheduler, tcp://host:port, whose workers measure the points.")
    ] = None,
    technology: TECHNOLOGY = None,
    simulator: SIMULATOR = None,
    decision_limit: Annotated[
        float, typer.Option(help="Seconds after which a strategy that does not decide is stopped.")
    ] = DECISION_LIMIT_S,
    out: Annotated[Path | None, typer.Option(help="The run's folder; runs/NAME-N by default.")] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the latest run of the spec, or --out's.")
    ] = False,
    memory: Annotated[
        bool, typer.Option(help="Whether what earlier runs of this very spec measured guides the search.")
    ] = True,
    experience: Annotated[
        bool, typer.Option(help="Whether surrogate and forest begin with what other designs' whole spaces taught.")
    ] = True,
    prove: Annotated[
        bool, typer.Option("--prove", help="Prove the designs of the front, too, as `hdlgen prove` does.")
    ] = False,
    prove_limit: PROVE_LIMIT = PROOF_SECONDS,
    json: JSON = False,
) -> None:
    """Search designs of a spec: the main job. Every design is simulated, mapped, timed, scored and stored.

    Ends with the Pareto front, the folder of each design on it, and report.html. What an option leaves out, the spec's
    `[search]` says.

    Examples:

    - `hdlgen search dot8`: a shipped design, everything by default
    - `hdlgen search dot8 --prove`: with proofs of the designs that come out
    - `hdlgen search my.toml --budget 100 --strategy local --seed 3`: a longer search of another kind
    - `hdlgen search my.toml --resume`: on with a run that was stopped, or with a larger `--budget`
    - `hdlgen search my.toml --cluster tcp://10.0.0.1:8786 --batch 64`: on many machines
    - `hdlgen search my.toml --technology cells.lib --json > front.json`: on your own cells, for a program
    """
    project = open_project(spec, technology=technology)
    check_range("--workers", workers, 1, MOST_WORKERS)
    check_range("--decision-limit", decision_limit, 1)
    check_range("--prove-limit", prove_limit, 1)
    options = {"strategy": strategy, "budget": budget, "seed": seed, "batch": batch, "patience": patience}
    settings = plan(
        project,
        workers=workers,
        simulator=simulator,
        decision_limit_s=decision_limit,
        cluster=cluster,
        memory=memory,
        experience=experience,
        prove_seconds=prove_limit if prove else None,
        **options,
    )
    with Live(project, settings, console=standard_error()) as live:
        outcome = run(
            project,
            settings,
            out=out,
            resume=resume,
            on_stage=live.stage,
            on_notice=live.notice,
            on_stock=live.stock,
            on_progress=live.progress,
            on_store=live.store,
        )
    if json:
        print_document(outcome.document)
    else:
        screen().print(live.result(outcome))
    if not outcome.exploration.summary.front:
        _complain(live.nearest(outcome))
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
    """Take one point through the whole pipeline: build, simulate, map, time, score.

    Examples:

    - `hdlgen measure dot8`: the default point
    - `hdlgen measure dot8 --point interval=4,adder=ripple`: two knobs chosen, the rest by default
    - `hdlgen measure my.toml --out design --json`: its files into a folder of your own, its figures for a program
    """
    project = open_project(spec, technology=technology)
    document = points.measure_point(project, project.point(point), simulator=simulator, out=out)
    if json:
        print_document(document)
    else:
        screen().print(points.table(document))
    if document["status"] != "ok":
        _complain(f"{document['status']}: {document['message']}")
        raise typer.Exit(1)


@app.command()
def verilog(
    spec: SPEC,
    point: POINT = "",
    technology: TECHNOLOGY = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="A file; standard output by default.")] = None,
) -> None:
    """Write the Verilog of one point.

    Examples:

    - `hdlgen verilog dot8 > dot8.v`: the default point
    - `hdlgen verilog my.toml --point interval=2,stages=1 -o my.v`: another one, into a file
    """
    project = open_project(spec, technology=technology)
    text = points.built(project, project.point(point)).verilog
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
    module: Annotated[
        str | None, typer.Option("--module", help="Name of the top module of --verilog; top by default.")
    ] = None,
    tokens: Annotated[int | None, typer.Option(help="Tokens of the phase without pauses, at least 256.")] = None,
    seed: SEED = None,
    technology: TECHNOLOGY = None,
    simulator: SIMULATOR = None,
    waves: Annotated[bool, typer.Option("--waves", help="Write a waveform (VCD), too.")] = False,
    out: Annotated[
        Path | None, typer.Option(help="Where results are written; runs/NAME-simulation by default.")
    ] = None,
    json: JSON = False,
) -> None:
    """Run the cocotb testbench on a generated design, or on your own Verilog with the same ports.

    The ports are `clk`, `rst`, `inputs__payload`, `inputs__valid`, `inputs__ready`, `outputs__payload`,
    `outputs__valid` and `outputs__ready`; fields in the spec's order, the first in the lowest bits.

    Examples:

    - `hdlgen simulate dot8 --point interval=2 --waves`: a generated design, with a waveform
    - `hdlgen verilog dot8 -o mine.v`, then `hdlgen simulate dot8 --verilog mine.v`: your own, begun from ours
    - `hdlgen simulate my.toml --verilog mine.v --tokens 10000 --seed 7`: more tokens, other ones
    """
    project = open_project(spec, technology=technology)
    check_range("--tokens", tokens, FEWEST_TOKENS, MOST_TOKENS)
    check_range("--seed", seed, 0)
    result = simulating.run(
        project,
        *simulating.source(project, point=point, verilog=verilog, module=module),
        name=verilog.name if verilog else project.spec.name,
        module=module or "top",
        tokens=tokens,
        seed=1 if seed is None else seed,
        simulator=simulator,
        waves=waves,
        folder=out or Path("runs") / f"{project.spec.name}-simulation",
    )
    if json:
        print_document(simulating.document(project, result))
    else:
        screen().print(simulating.text(project, result), markup=False, soft_wrap=True)
    if result.status != "ok":
        _complain(f"{result.status}: {result.message}")
        raise typer.Exit(1)


app.add_typer(trials)
app.add_typer(studies)
app.add_typer(bitstreams)
app.add_typer(circuits)
app.add_typer(silicon)


@app.command()
def report(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="The folder of a run, such as runs/dot8-1.")],
) -> None:
    """Write report.html again, from the run's folder alone.

    Examples:

    - `hdlgen report runs/dot8-1`: prints the name of the file to open
    """
    screen().print(str(write_report(run)), markup=False, soft_wrap=True)


@app.command(name="doctor")
def doctor_command(json: JSON = False) -> None:
    """Show which tools are found, their versions, what is missing and the line that installs it.

    Examples:

    - `hdlgen doctor`: exit status 3 where something is missing that the main job needs
    - `hdlgen doctor --json`: the same for a program
    """
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
        # Not `app(...)`, which swallows an interrupt and has its own idea of how an error looks.
        command = typer.main.get_command(app)
        with command.make_context("hdlgen", list(sys.argv[1:] if arguments is None else arguments)) as context:
            command.invoke(context)
        print(end="", flush=True)
    except typer.Exit as ending:
        return ending.exit_code
    except (KeyboardInterrupt, typer.Abort):
        _complain("interrupted; a search goes on with --resume")
        return INTERRUPTED
    except HdlgenError as error:
        _complain(str(error))
        return error.exit_status
    except BrokenPipeError:
        _forget_output()
        return 0
    except OSError as error:
        _complain(f"{error.filename or 'standard output'}: it must be usable, and is not: {error.strerror or error}")
        _forget_output()
        return InputError.exit_status
    except typer.TyperException as error:
        if str(error):  # without one, `hdlgen` alone has printed its help
            _complain(usage(error))
        return InputError.exit_status
    return 0


def _forget_output() -> None:
    """Send what is still to be written to standard output nowhere: Python would complain of it once more at its end."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _complain(text: str) -> None:
    """Print an error as one line: what a file's names hold of control characters is shown and not obeyed."""
    text = "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)
    standard_error().print(f"hdlgen: {text}", markup=False, soft_wrap=True)

"""The commands that study strategies: `hdlgen compare` and `hdlgen tabulate`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hdlgen.cli import comparing, contest, tabulating
from hdlgen.cli.console import print_document, screen, standard_error
from hdlgen.cli.options import CORES, JSON, MOST_WORKERS, SIMULATOR, SPEC, TECHNOLOGY, WORKERS, check_range
from hdlgen.cli.progress import Advance
from hdlgen.cli.project import open_project
from search.compare import Rules, read_entrants

__all__ = ["studies"]

START = 8
"""Points that a strategy is told first where nothing else is said; fewer where the budget is as small."""

studies = typer.Typer(rich_markup_mode="markdown")


@studies.command()
def compare(
    specs: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="SPEC...", help="Specs, names of designs, tables .json.gz, or CSV files of knobs and figures."
        ),
    ] = None,
    strategies: Annotated[
        str | None, typer.Option(help="Names with commas between; all by default. The first is the reference.")
    ] = None,
    strategy_file: Annotated[
        list[str] | None, typer.Option(help="Your own strategy as FILE.py:CLASS; the file is run. Can be repeated.")
    ] = None,
    seeds: Annotated[int, typer.Option(help="Trials of each strategy on each problem.")] = 20,
    budget: Annotated[int, typer.Option(help="Distinct evaluations of a trial.")] = 60,
    start: Annotated[
        int | None, typer.Option(help="Random points that all are told first, 8 by default; 0: each begins by itself.")
    ] = None,
    batch: Annotated[int, typer.Option(help="Points asked for at a time.")] = 1,
    replay: Annotated[
        bool, typer.Option("--replay", help="Replay the shipped tables of the specs; of none: all.")
    ] = False,
    objectives: Annotated[
        str | None, typer.Option(help="Columns of a CSV file, as area,max:rate; all not named knob... by default.")
    ] = None,
    decision_limit: Annotated[float, typer.Option(help="Seconds that your own strategy may take to decide.")] = 60.0,
    experience: Annotated[
        bool, typer.Option(help="Whether surrogate and forest begin with what designs but the one compared on taught.")
    ] = True,
    workers: WORKERS = CORES,
    technology: TECHNOLOGY = None,
    simulator: SIMULATOR = None,
    out: Annotated[Path | None, typer.Option(help="The comparison's folder; runs/compare-N by default.")] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the latest comparison, or --out's; also with more seeds.")
    ] = False,
    json: JSON = False,
) -> None:
    """Compare strategies: the same problems, the same starts, many seeds; curves, intervals, rank tests, one page.

    Tables are replayed, so that a comparison takes seconds; other specs are measured, each point once for all.
    Ends with exit status 1 where a strategy broke its protocol; the others' figures stand.

    Examples:

    - `hdlgen compare --replay`: all strategies on all shipped tables
    - `hdlgen compare fir8 --replay --strategies uniform,local --seeds 30 --budget 60`
    - `hdlgen compare --replay --strategy-file my.py:MyStrategy`: your own beside ours
    - `hdlgen compare table.csv --objectives area,max:rate`: a table of your own
    - `hdlgen compare my.toml --seeds 3 --budget 40`: with real measurements
    """
    comparing.check(seeds=seeds, budget=budget, start=start, batch=batch, decision_limit=decision_limit)
    check_range("--workers", workers, 1, MOST_WORKERS)
    begun = min(START, budget - 1) if start is None else start
    rules = Rules(budget=budget, start=begun, batch=batch, decision_limit_s=decision_limit, experience=experience)
    names = None if strategies is None else [name.strip() for name in strategies.split(",") if name.strip()]
    field = contest.open_field(specs or (), replay=replay, technology=technology, aims=contest.objectives(objectives))
    settings = comparing.Plan(
        entrants=read_entrants(names, strategy_file or ()),
        seeds=seeds,
        rules=rules,
        workers=workers,
        simulator=simulator,
        arguments=contest.arguments(
            specs or (),
            strategies=strategies,
            strategy_file=strategy_file or None,
            seeds=seeds,
            budget=budget,
            start=begun,
            batch=batch,
            replay=replay,
            objectives=objectives,
            technology=technology,
            no_experience=not experience,
        ),
    )
    with Advance("trials", console=standard_error()) as advance:
        outcome = comparing.run(
            field,
            settings,
            out=out,
            resume=resume,
            on_trial=lambda trial, done, total: advance.reached(done, total, f"{trial.strategy} on {trial.problem}"),
            on_notice=advance.notice,
        )
    if json:
        print_document(outcome.document)
    else:
        screen().print(comparing.view(outcome))
    errors = outcome.comparison.errors()
    for error, number in errors.items():
        text = f"hdlgen: {error} ({number} {'trial' if number == 1 else 'trials'})"
        standard_error().print(text, markup=False, soft_wrap=True)
    if errors:
        raise typer.Exit(1)


@studies.command()
def tabulate(
    spec: SPEC,
    technology: TECHNOLOGY = None,
    workers: WORKERS = CORES,
    simulator: SIMULATOR = None,
    out: Annotated[Path | None, typer.Option(help="The table; NAME.json.gz in this folder by default.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with a table that was interrupted.")] = False,
    json: JSON = False,
) -> None:
    """Score every point of a design space into one compact file, for `hdlgen compare --replay`.

    The scores are the same with any number of workers; a space of more than 20,000 points is refused: narrow `[knobs]`.

    Examples:

    - `hdlgen tabulate narrow.toml`: makes `NAME.json.gz`, or says how far the space must be narrowed
    - `hdlgen tabulate narrow.toml --out tables/narrow.json.gz --workers 8`
    - `hdlgen tabulate narrow.toml --resume`: on with one that was stopped
    """
    project = open_project(spec, technology=technology)
    check_range("--workers", workers, 1, MOST_WORKERS)
    with Advance("points", console=standard_error()) as advance:
        total = project.space.size()
        document = tabulating.run(
            project,
            out=out,
            resume=resume,
            workers=workers,
            simulator=simulator,
            on_progress=lambda progress: advance.reached(progress.record.index + 1, total),
            on_notice=advance.notice,
        )
    if json:
        print_document(document)
    else:
        screen().print(tabulating.text(document), markup=False, soft_wrap=True)

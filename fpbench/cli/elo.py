"""``fpbench elo``: ratings from any log of pairwise votes."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fpbench.cli.output import Format, FormatOption, TableFile, put

if TYPE_CHECKING:
    from fpbench.preference import EloReport


class Kind(StrEnum):
    """Who voted; the two are never rated together."""

    human = "human"
    automatic = "automatic"


def elo(
    votes: Annotated[
        Path, typer.Argument(help="Votes as .csv, .json, .jsonl or .parquet; Arena logs too.", metavar="VOTES")
    ],
    form: FormatOption = Format.terminal,
    layout: Annotated[
        str, typer.Option(help="ratings, or conventions (every model and way to treat ties).")
    ] = "ratings",
    kind: Annotated[Kind | None, typer.Option(help="Rate only these raters, where a file holds both.")] = None,
    criterion: Annotated[str, typer.Option(help="Which question, where a file has several.")] = "overall",
    covariate: Annotated[
        list[str] | None, typer.Option(help="Hold this property of the clips constant: columns NAME_left, NAME_right.")
    ] = None,
    level: Annotated[float, typer.Option(min=0.5, max=0.999, help="Confidence level.")] = 0.95,
    orders: Annotated[int, typer.Option(min=1, help="Shuffles of the votes for the spread of K=32 Elo.")] = 1000,
    seed: Annotated[int, typer.Option(min=0, help="Of the shuffles.")] = 0,
    probes: Annotated[bool, typer.Option("--probes", help="Also look for defects of the board.")] = False,
    out: TableFile = None,
) -> None:
    """Rate systems from pairwise votes: Davidson with intervals and ranks, and the paper's Elo beside its noise."""
    from fpbench.preference import RaterKind, elo_report
    from fpbench.report.elo import board

    who = RaterKind(kind.value) if kind else None
    report = elo_report(
        votes, kind=who, criterion=criterion, orders=orders, seed=seed, level=level, covariates=covariate or ()
    )
    put(board(report, layout), form, out)
    if probes:
        _probe(report)
    if report.failure is not None:
        raise report.failure


def _probe(report: EloReport) -> None:
    from fpbench.preference.probes import PROBES, inspect_board

    flags = inspect_board(report.votes)
    for flag in flags:
        typer.echo(f"probe {flag.probe}: {flag.subject}: {flag.text}", err=True)
    typer.echo(f"{len(flags)} defects found by {len(PROBES)} probes", err=True)

"""``fpbench claims``: what runs say about the claims of the paper."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from fpbench.cli.output import TableFile, write


class Form(StrEnum):
    """Formats of judgements."""

    markdown = "markdown"
    csv = "csv"
    json = "json"


def claims(
    runs: Annotated[list[Path] | None, typer.Argument(help="Folders of finished runs.", metavar="RUN...")] = None,
    form: Annotated[Form, typer.Option("--format", help="Output format.")] = Form.markdown,
    protocols: Annotated[
        Path, typer.Option(help="Folder of protocols, whose comparisons judge runs that registered none.")
    ] = Path("protocols"),
    out: TableFile = None,
) -> None:
    """Judge the claims of the FramePack paper: supported, contradicted, undecided or not run, with its figures."""
    from fpbench.report.claims import judgements, load_registry
    from fpbench.report.data import load_run
    from fpbench.report.paper import agreement
    from fpbench.report.verdict_text import render_claims

    loaded = [load_run(folder) for folder in runs or []]
    ranks = {run.manifest.id: found for run in loaded if (found := agreement(run))}
    text = render_claims(judgements(loaded, load_registry(protocols)), ranks, form.value)
    if out is None:
        typer.echo(text, nl=False)
    else:
        write(out, text)

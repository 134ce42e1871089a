"""``fpbench import``: results of another suite as an ordinary run."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Suite(StrEnum):
    """Suites whose results can be imported."""

    vbench = "vbench"
    helios = "helios"


def importing(
    suite: Annotated[Suite, typer.Argument(help="Whose results: vbench (VBench, VBench-2.0) or helios (HeliosBench).")],
    files: Annotated[
        list[str], typer.Argument(help="Result file of each system: NAME=FILE, or FILE named after it.", metavar="FILE")
    ],
    out: Annotated[
        Path | None, typer.Option(help="Folder of the run, .../runs/NAME.", show_default="results/runs/SUITE-NAMES")
    ] = None,
    reference: Annotated[str | None, typer.Option(help="System that paired differences are against.")] = None,
) -> None:
    """Bring the values that another suite computed, clip by clip, and print the table."""
    from fpbench.cli.score import default_run
    from fpbench.report.outputs import results_of, write_outputs
    from fpbench.report.terminal import show
    from fpbench.runs.scoring.helios import read_helios
    from fpbench.runs.scoring.results_of_others import import_results
    from fpbench.runs.scoring.vbench import read_vbench

    named = [(name or Path(file).stem, Path(file)) for name, _, file in (_split(text) for text in files)]
    systems = list(dict.fromkeys(name for name, _ in named))
    read = read_vbench if suite is Suite.vbench else read_helios
    folder = import_results(named, read, out or default_run(suite.value, systems), reference=reference)
    for path in write_outputs(folder):
        typer.echo(f"wrote {path}", err=True)
    show(results_of(folder))


def _split(text: str) -> tuple[str, str, str]:
    """Name and file of ``NAME=FILE``; no name where there is none, or where the whole is a file."""
    return ("", "", text) if "=" not in text or Path(text).is_file() else text.partition("=")

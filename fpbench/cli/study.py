"""``fpbench study``: blind pairwise preference studies."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fpbench.cli.dashboard import HOST, PORT
from fpbench.cli.dashboard import serve as serve_application
from fpbench.cli.options import RESULTS, Results

app = typer.Typer(help="Blind pairwise preference studies.", no_args_is_help=True, rich_markup_mode=None)


@app.command()
def serve(
    study: Annotated[Path, typer.Argument(help="Study file, such as studies/pilot/study.json.")],
    results: Results = RESULTS,
    votes: Annotated[str | None, typer.Option(help="Vote store: an SQLite file or a database URL.")] = None,
    port: Annotated[int, PORT] = 8502,
    host: Annotated[str, HOST] = "127.0.0.1",
    invited: Annotated[bool, typer.Option("--invited", help="Seat nobody without a link of `study invite`.")] = False,
) -> None:
    """Serve the voting page of a study; its clips are made from the results folder first."""
    from fpbench.preference.staging import stage
    from fpbench.preference.study import load_study
    from fpbench.runs.store import Store

    made = stage(load_study(study), study.parent, Store(results))
    typer.echo(f"{made} clips made; votes are kept in {votes or study.with_name('votes.sqlite')}", err=True)
    environment = {
        "FPBENCH_STUDY": str(study.absolute()),
        "FPBENCH_VOTES": votes or "",
        "FPBENCH_INVITED": "1" if invited else "",
    }
    silent = ["--client.showErrorDetails", "none"]  # a rater's page never prints a stack trace
    serve_application("ballot_server.py", port, host, environment, silent)


@app.command()
def invite(
    study: Annotated[Path, typer.Argument(help="Study file, such as studies/pilot/study.json.")],
    count: Annotated[int, typer.Option(min=1, help="How many raters to invite.")],
    address: Annotated[str, typer.Option(help="Where raters find the page.")] = "http://127.0.0.1:8502",
    votes: Annotated[str | None, typer.Option(help="Vote store: an SQLite file or a database URL.")] = None,
) -> None:
    """Take seats and print a personal link for each; a link goes on where its rater stopped."""
    from fpbench.preference.store import VoteStore
    from fpbench.preference.study import load_study

    with VoteStore(votes or study.with_name("votes.sqlite"), load_study(study)) as store:
        for _ in range(count):
            typer.echo(f"{address.rstrip('/')}/?t={store.join()}")

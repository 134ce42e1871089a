"""``fpbench study export``, ``report`` and ``verify``: votes for analysis, for reviewers and for auditors."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fpbench.cli.output import write

if TYPE_CHECKING:
    from fpbench.preference.store import VoteStore

VoteStoreArgument = Annotated[
    str, typer.Argument(help="Vote store: its SQLite file, a study folder, or a database URL.", metavar="VOTES")
]


class PageFormat(StrEnum):
    """How the report is written."""

    markdown = "markdown"
    html = "html"


def export(
    votes: VoteStoreArgument,
    out: Annotated[Path, typer.Option(help="Table to write: .csv, .jsonl or .parquet.")],
    blind: Annotated[bool, typer.Option("--blind", help="Leave out everything that names a system.")] = False,
    log: Annotated[Path | None, typer.Option(help="Also write the whole event log (JSONL, blind) here.")] = None,
    run: Annotated[
        Path | None, typer.Option(help="Add a column for each side: values of --metric from this run.")
    ] = None,
    metric: Annotated[list[str] | None, typer.Option(help="Metric of --run, such as flow_top5.")] = None,
    clips: Annotated[
        Path | None, typer.Option(help="Study folder with the served clips: add their bitrates.", metavar="FOLDER")
    ] = None,
) -> None:
    """Write standing votes, one row for each answered question, for ``fpbench elo``, evalica or arenakit."""
    from fpbench.preference.export import export_log, export_votes

    with open_store(votes) as store:
        properties = _properties(store, run, metric or (), clips)
        count = export_votes(store, out, blind=blind, properties=properties)
        typer.echo(f"wrote {out}: {count} rows{', no system named' if blind else ''}", err=True)
        if log is not None:
            head = export_log(store, log)
            typer.echo(f"wrote {log}; keep its seal elsewhere: {head}", err=True)


def report(
    votes: VoteStoreArgument,
    facts: Annotated[
        Path | None, typer.Option(help="YAML of what the store cannot know: recruitment, compensation, consent, ...")
    ] = None,
    screenshot: Annotated[list[Path] | None, typer.Option(help="What raters saw; several times.")] = None,
    form: Annotated[PageFormat, typer.Option("--format", help="Output format.")] = PageFormat.markdown,
    out: Annotated[Path | None, typer.Option(help="Write to a file instead of the terminal.")] = None,
) -> None:
    """The one page that reviewers ask for: raters, design, exclusions, reliability, error bars, instructions."""
    from fpbench.preference.checklist import checklist
    from fpbench.report.study import as_html, as_markdown

    with open_store(votes) as store:
        found = checklist(store, _stated(facts))
    text = (as_html if form is PageFormat.html else as_markdown)(found, screenshot or ())
    if out is None:
        typer.echo(text, nl=False)
    else:
        write(out, text)


def verify(
    votes: VoteStoreArgument,
    head: Annotated[str | None, typer.Option(help="Seal of an earlier export, which must still be in the log.")] = None,
) -> None:
    """Check the hash chain of the log from its first event to its last."""
    with open_store(votes) as store:
        count = store.verify(exported_head=head)
        last = store.events()[-1].hash
    typer.echo(f"{votes}: {count} events, chain intact, head {last}")


def _properties(
    store: VoteStore, run: Path | None, metrics: Sequence[str], clips: Path | None
) -> dict[str, dict[str, float]]:
    """Properties of clips that can stand beside a vote: metrics of a run, bitrates of what was served."""
    from fpbench.errors import FpbenchError
    from fpbench.preference.staging import bitrates
    from fpbench.report.data import load_run

    found = {} if clips is None else {"bitrate": bitrates(store.study, clips)}
    if metrics and run is None:
        raise FpbenchError(f"--metric {metrics[0]}: of which run? give --run as well")
    data = None if run is None else load_run(run)
    return found | ({} if data is None else {name: data.clip_values(name) for name in metrics})


def open_store(where: str) -> VoteStore:
    """An existing store; a path with nothing there is refused instead of being made.

    Raises:
        StudyError: nothing there, or no study in it.
    """
    from fpbench.preference.errors import StudyError
    from fpbench.preference.store import VoteStore

    if "://" in where:
        return VoteStore(where)
    path = Path(where) / "votes.sqlite" if Path(where).is_dir() else Path(where)
    if not path.is_file():
        raise StudyError(f"{path}: no vote store there; `fpbench study serve` makes one")
    return VoteStore(path)


def _stated(path: Path | None) -> dict[str, str]:
    from fpbench.protocol.source import read_yaml

    return {} if path is None else {str(key): str(value) for key, value in read_yaml(path).data.items()}

"""``fpbench study judge`` and ``predict``: metrics as automatic raters, and how well they predict people."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fpbench.cli.options import RunFolder
from fpbench.cli.output import Format, FormatOption, TableFile, put
from fpbench.cli.study_votes import VoteStoreArgument, open_store

StudyFile = Annotated[Path, typer.Argument(help="Study file, such as studies/pilot/study.json.", metavar="STUDY")]
StoreOption = Annotated[
    str | None, typer.Option("--votes", help="Vote store: an SQLite file or a database URL; default: beside the study.")
]


def judge(
    study: StudyFile,
    run: RunFolder,
    metric: Annotated[str, typer.Option(help="Metric of the run that votes, such as lpips_truth.")],
    votes: StoreOption = None,
    margin: Annotated[float, typer.Option(min=0, help="Differences up to this are ties, in the metric's unit.")] = 0.0,
) -> None:
    """Let a metric answer every pair once, as an automatic rater that is never rated together with people."""
    from fpbench.preference.judge import AutomaticJudge, vote_automatically
    from fpbench.preference.store import VoteStore
    from fpbench.preference.study import load_study
    from fpbench.report.concordance import clip_scores
    from fpbench.report.data import load_run

    scores, up = clip_scores(load_run(run), metric)
    rater = AutomaticJudge(metric, lambda _, clip: scores.get(clip, float("nan")), higher_is_better=up, margin=margin)
    where = votes or str(study.with_name("votes.sqlite"))
    with VoteStore(where, load_study(study)) as store:
        count = vote_automatically(store, rater)
    typer.echo(f"{where}: {count} answers of {metric}; AUTOMATIC JUDGE, never rated together with people")


def predict(
    votes: VoteStoreArgument,
    run: RunFolder,
    metric: Annotated[list[str] | None, typer.Option(help="Metric; several times. Default: all of the run.")] = None,
    form: FormatOption = Format.terminal,
    out: TableFile = None,
) -> None:
    """How well each metric of a run predicts what people preferred."""
    from fpbench.preference.records import standing
    from fpbench.preference.screening import screen
    from fpbench.report.concordance import concordance_table
    from fpbench.report.data import load_run

    with open_store(votes) as store:
        kept = screen(standing(store), store.study.design).kept
    put(concordance_table(load_run(run), kept, metric or ()), form, out)

"""The typer application, its commands, and how errors become exit codes. What a command does is in its own file."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from fpbench.cli import (
    average,
    battery,
    check,
    claims,
    compare,
    dashboard,
    distance,
    doctor,
    elo,
    explain,
    figure,
    importing,
    listing,
    power,
    publish,
    reference,
    report,
    run,
    schema,
    score,
    study,
    study_judge,
    study_plan,
    study_votes,
    table,
    train,
)
from fpbench.errors import FpbenchError


class _Commands(TyperGroup):
    """Turns errors a user can act upon into one message and their exit code, and an interrupt into 130."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except FpbenchError as error:
            typer.secho(f"error: {error}", err=True, fg=typer.colors.RED)
            raise typer.Exit(error.exit_code) from error
        except KeyboardInterrupt as interrupt:
            typer.echo("stopped; the same command continues where it was", err=True)
            raise typer.Exit(130) from interrupt


app = typer.Typer(
    cls=_Commands,
    name="fpbench",
    help="Which way of predicting the next section of a video drifts least, forgets least and still moves?",
    epilog="Exit codes: 0 done, 2 usage, 3 some cells failed, 4 preflight failed.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.callback()
def _options(
    offline: Annotated[
        bool, typer.Option("--offline", help="Never touch the network: local paths and caches only.")
    ] = False,
) -> None:
    if offline:
        from fpbench.weights.hub import go_offline

        go_offline()


app.command("run")(run.run)
app.command("resume")(run.resume)
app.command("explain")(explain.explain)
app.command("list")(listing.listing)
app.command("table")(table.table)
app.command("compare")(compare.compare)
app.command("distance")(distance.distance)
app.command("figure")(figure.figure)
app.command("report")(report.report)
app.command("publish")(publish.publish)
app.command("score")(score.score)
app.command("import")(importing.importing)
app.command("claims")(claims.claims)
app.command("power")(power.power)
app.command("battery")(battery.battery)
app.command("elo")(elo.elo)
app.command("check")(check.check)
app.command("reference")(reference.reference)
app.command("schema")(schema.schema)
app.command("doctor")(doctor.doctor)
app.command("train")(train.train)
app.command("average")(average.average)
app.command("dashboard")(dashboard.dashboard)
study.app.command("plan")(study_plan.plan)
study.app.command("export")(study_votes.export)
study.app.command("report")(study_votes.report)
study.app.command("verify")(study_votes.verify)
study.app.command("judge")(study_judge.judge)
study.app.command("predict")(study_judge.predict)
app.add_typer(study.app, name="study")

"""``fpbench study plan``: from a run to a schedule, with the votes and hours it takes."""

from __future__ import annotations

import re
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fpbench.cli.options import RunFolder

if TYPE_CHECKING:
    from fpbench.preference.power import Assumptions, Power
    from fpbench.preference.study import Study, StudyDesign


class Question(StrEnum):
    """Optional questions after the overall one."""

    drift = "drift"
    motion = "motion"
    consistency = "consistency"


def plan(
    folder: RunFolder,
    out: Annotated[
        Path | None, typer.Option(help="Study file to write.", show_default="studies/RUN/study.json")
    ] = None,
    system: Annotated[
        list[str] | None, typer.Option(help="Compare these; default: all but ceilings and floors.")
    ] = None,
    raters: Annotated[int, typer.Option(min=1, help="People who will vote.")] = 12,
    trials: Annotated[int | None, typer.Option(min=1, help="Real trials of each; default: what the gap needs.")] = None,
    gap: Annotated[float, typer.Option(min=1, help="Elo difference that is to be found.")] = 100.0,
    power: Annotated[float, typer.Option(min=0.51, max=0.99, help="With this probability.")] = 0.8,
    icc_rater: Annotated[float, typer.Option(min=0, max=0.9, help="Correlation of one rater's answers.")] = 0.05,
    icc_task: Annotated[float, typer.Option(min=0, max=0.9, help="Correlation of answers on one task.")] = 0.15,
    tie_rate: Annotated[float, typer.Option(min=0, max=0.9, help="Share of ties.")] = 0.2,
    seconds: Annotated[float, typer.Option(min=1, help="A trial takes.")] = 75.0,
    simulations: Annotated[int, typer.Option(min=0, help="Simulated studies that check the closed form.")] = 200,
    question: Annotated[list[Question] | None, typer.Option(help="Ask this too, after the overall question.")] = None,
    instructions: Annotated[
        Path | None, typer.Option(help="Text that raters read, kept in the study, instead of the standard one.")
    ] = None,
    prompts: Annotated[
        Path | None, typer.Option(help="YAML with the prompt of each task, to be shown above its videos.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Determines the whole schedule.")] = 0,
) -> None:
    """Say how many votes a claim needs, and store a balanced schedule with catch trials before the first vote."""
    from fpbench.preference.power import Assumptions, gap_for_votes, plan_power
    from fpbench.preference.schedule import plan_study
    from fpbench.report.entrants import entrants

    found = entrants(folder, system or ())
    target = out or Path("studies") / folder.absolute().name / "study.json"
    a = Assumptions(
        len(found.clips), raters, len(found.tasks), icc_rater, icc_task, tie_rate, seconds_per_trial=seconds
    )
    typer.echo(f"{a.items} systems, {a.tasks} tasks, {raters} raters, clips of {found.seconds:.1f} s")
    if trials is None:
        needed = plan_power(gap, a, power=power, simulations=simulations, seed=seed)
        typer.echo(_described(needed))
        trials = -(-needed.total // raters)
    per_item = 2 * trials * raters / a.items
    reach = gap_for_votes(per_item, a, power=power)
    typer.echo(
        f"{trials} real trials each, {per_item:.0f} votes per system: {power:.0%} power starts at {reach:.0f} Elo"
    )
    study = plan_study(
        _design(target, found.clips, found.tasks, found.seconds, raters, trials, question, instructions, prompts, seed),
        found.clips,
    )
    study.save(target)
    typer.echo(_stored(target, study, a))


def _design(
    target: Path,
    clips: dict[str, dict[str, str]],
    tasks: tuple[str, ...],
    seconds: float,
    raters: int,
    trials: int,
    questions: list[Question] | None,
    instructions: Path | None,
    prompts: Path | None,
    seed: int,
) -> StudyDesign:
    from fpbench.preference.study import Criterion, StudyDesign

    asked = dict.fromkeys([Criterion.OVERALL, *(Criterion(one.value) for one in questions or ())])
    return StudyDesign(
        study_id=re.sub(r"[^\w.-]+", "-", target.absolute().parent.name)[:64],
        seed=seed,
        items=tuple(clips),
        tasks=tasks,
        seats=raters,
        trials_per_seat=trials,
        clip_seconds=seconds,
        criteria=tuple(asked),
        instructions=_text(instructions),
        prompts=_prompts(prompts, tasks),
    )


def _text(path: Path | None) -> str:
    from fpbench.errors import FpbenchError
    from fpbench.preference.wording import INSTRUCTIONS

    if path is None:
        return INSTRUCTIONS
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise FpbenchError(f"--instructions {path}: cannot be read ({error})") from error


def _prompts(path: Path | None, tasks: tuple[str, ...]) -> dict[str, str]:
    from fpbench.errors import FpbenchError
    from fpbench.protocol.source import read_yaml

    given = {} if path is None else {str(task): str(text) for task, text in read_yaml(path).data.items()}
    if unknown := sorted(set(given) - set(tasks)):
        raise FpbenchError(f"--prompts {path}: {unknown[0]!r} is no task of the study; there are {', '.join(tasks)}")
    return given


def _described(needed: Power) -> str:
    checked = "" if needed.simulated is None else f"; simulated power {needed.simulated:.0%}"
    return (
        f"{needed.gap:.0f} Elo at {needed.power:.0%} power: {needed.votes_per_item} votes per system,"
        f" {needed.total} in total, expected half-width {needed.half_width:.0f} Elo,"
        f" design effect {needed.design_effect:.2f}{checked}"
    )


def _stored(target: Path, study: Study, a: Assumptions) -> str:
    queue = len(study.seat(0))
    extra = queue - study.design.trials_per_seat
    return (
        f"{target}: {queue} trials for each rater, {extra} of them practice, catch, repeated or identical,"
        f" {queue * a.seconds_per_trial / 3600:.1f} h; sha256 {study.sha256}\n"
        f"next: fpbench study serve {target}"
    )

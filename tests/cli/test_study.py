import csv
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from clip_files import write
from typer.testing import CliRunner

from fpbench.cli import app
from fpbench.preference.events import Ballot, Telemetry
from fpbench.preference.power import Assumptions, gap_for_votes, plan_power
from fpbench.preference.store import VoteStore
from fpbench.preference.study import Criterion, load_study
from fpbench.preference.votes import Outcome

SYSTEMS = ("blurred", "ours", "theirs")
INSTRUCTIONS = "Choose the video <you> prefer.\n```\nNot the | shorter one.\n```"


def call(*arguments):
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    return result.exit_code, result.stdout, result.stderr


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A scored run of three systems and four tasks, one of which a system lacks."""
    root = tmp_path_factory.mktemp("study")
    for number, system in enumerate(SYSTEMS):
        for task in range(4 if system != "theirs" else 3):
            video = np.random.default_rng([number, task]).integers(0, 255, (8, 32, 48, 3), np.uint8)
            write(root / system / f"task{task}.mkv", video, fps=4)
    folders = [root / system for system in SYSTEMS]
    out = root / "results" / "runs" / "scored"
    code, _, err = call(
        "score", *folders, "--metrics", "luma_mean", "--metrics", "flicker_mae", "--workers", "1", "--out", out
    )
    assert (code, "1 of 12 clips" in err) == (3, True)
    return out


def answer(path, *, raters=3):
    """Every seat answers its whole queue: the better system by its place in the alphabet, "theirs" being best."""
    clock = [datetime.now(UTC) - timedelta(hours=2)]  # votes of the past, so that others may follow them
    with VoteStore(path.with_name("votes.sqlite"), load_study(path), now=lambda: clock[0]) as store:
        trials = store.trials()
        for _ in range(raters):
            token = store.join()
            while (ticket := store.next(token, "tab")) is not None:
                clock[0] += timedelta(seconds=20)
                trial = trials[ticket.assignment_id]
                better = Outcome.LEFT if trial.left.item > trial.right.item else Outcome.RIGHT
                if trial.index % 7 == 0:  # nobody is perfectly consistent, or no rating would be finite
                    better = Outcome.TIE if trial.index % 2 else Outcome.LEFT
                store.vote(token, ballot(ticket.assignment_id, trial.expected or better, clock[0]))
    return path.with_name("votes.sqlite")


def ballot(assignment, outcome, now):
    times = Telemetry(
        shown_at=now - timedelta(seconds=12),
        unlocked_at=now - timedelta(seconds=5),
        voted_at=now,
        watch_ms_left=9000,
        watch_ms_right=9000,
    )
    return Ballot(
        assignment_id=assignment,
        session="tab",
        nonce=f"nonce-{assignment}",
        answers={Criterion.OVERALL: outcome},
        telemetry=times,
    )


@pytest.fixture(scope="module")
def voted(run):
    """A study of that run with every vote cast."""
    study, text = run.parents[2] / "studies" / "pilot" / "study.json", run.parents[2] / "instructions.txt"
    text.write_text(INSTRUCTIONS)
    options = ("--trials", "20", "--raters", "3", "--instructions", text, "--out", study)
    code, out, _ = call("study", "plan", run, *options)
    assert (code, "next: fpbench study serve" in out) == (0, True)
    return answer(study)


def test_a_plan_schedules_the_clips_that_every_system_has(run, tmp_path):
    path = tmp_path / "mine" / "study.json"
    options = ("--trials", "6", "--raters", "2", "--question", "drift", "--out", path)
    code, out, _ = call("study", "plan", run, *options)
    study = load_study(path)
    assert code == 0
    assert (study.design.items, study.design.tasks) == (SYSTEMS, ("task0", "task1", "task2"))
    assert (study.design.study_id, study.design.clip_seconds) == ("mine", pytest.approx(2.0, rel=0.01))
    assert study.design.criteria == (Criterion.OVERALL, Criterion.DRIFT)
    assert study.sha256 in out
    cells = pd.read_parquet(run / "cells.parquet")
    address = {(row.system, row.task): row.clip for row in cells.itertuples()}
    for trial in study.trials:
        for shown in (trial.left, trial.right):
            assert shown.corruption or shown.clip == address[shown.item, trial.task]
    assert call("study", "plan", run, *options, "--seed", "1")[0] == 2  # a schedule is fixed once written


def test_a_plan_prints_the_closed_form_its_simulation_and_the_reverse(run, tmp_path):
    options = ("--gap", "300", "--raters", "8", "--simulations", "3", "--icc-task", "0.02", "--system", "ours")
    code, out, _ = call("study", "plan", run, *options, "--system", "theirs", "--out", tmp_path / "s" / "study.json")
    assumed = Assumptions(2, 8, 3, 0.05, 0.02)
    needed = plan_power(300, assumed, simulations=3)
    trials = -(-needed.total // 8)
    assert code == 0
    assert f"{needed.votes_per_item} votes per system, {needed.total} in total" in out
    assert f"simulated power {needed.simulated:.0%}" in out
    assert f"80% power starts at {gap_for_votes(trials * 8, assumed):.0f} Elo" in out


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--gap", "5"), "no number of votes separates 5 Elo"),
        (("--system", "ours"), "at least 2 systems"),
        (("--system", "outs"), "has no system 'outs'; there are"),
        (("--instructions", "gone.txt"), "--instructions gone.txt: cannot be read"),
    ],
)
def test_what_cannot_be_planned_ends_with_2_and_writes_nothing(run, tmp_path, options, said):
    path = tmp_path / "s" / "study.json"
    base = () if "--gap" in options else ("--trials", "6")
    code, _, err = call("study", "plan", run, *base, *options, "--simulations", "0", "--out", path)
    assert (code, said in err, path.exists()) == (2, True, False)


def test_an_export_can_be_rated_and_a_blind_one_names_no_system(voted, tmp_path):
    table, hidden, log = (tmp_path / name for name in ("votes.csv", "blind.csv", "log.jsonl"))
    code, _, err = call("study", "export", voted, "--out", table, "--log", log)
    head = err.strip().split()[-1]
    assert code == 0
    assert call("study", "export", voted.parent, "--out", hidden, "--blind")[0] == 0
    with table.open() as rows:
        assert {row["model_a"] for row in csv.DictReader(rows)} == set(SYSTEMS)
    words = hidden.read_text() + log.read_text()
    assert not any(f"{quote}{system}{quote}" in words for system in SYSTEMS for quote in ('"', ","))
    code, out, _ = call("elo", table, "--format", "csv", "--orders", "5")
    assert (code, out.splitlines()[1].split(",")[0]) == (0, "theirs")
    code, out, _ = call("study", "verify", voted, "--head", head)
    assert (code, "chain intact" in out, head in out) == (0, True, True)


def test_a_tampered_log_is_refused_by_every_command(voted, tmp_path):
    import sqlite3

    copy = tmp_path / "votes.sqlite"
    copy.write_bytes(voted.read_bytes())
    with sqlite3.connect(copy) as database:
        database.execute("UPDATE event SET text = text || ' ' WHERE seq = 9")
    database.close()
    for arguments in (("verify", copy), ("report", copy), ("export", copy, "--out", tmp_path / "x.csv")):
        code, out, err = call("study", *arguments)
        assert (code, out, "event 9 breaks the hash chain" in err) == (2, "", True)


def test_the_report_has_what_reviewers_ask_for(voted, tmp_path):
    facts = tmp_path / "facts.yaml"
    facts.write_text(yaml.safe_dump({"compensation": "12 EUR/h", "recruitment": "colleagues <3"}))
    code, page, _ = call("study", "report", voted, "--facts", facts)
    design = load_study(voted.with_name("study.json"))
    assert code == 0
    assert INSTRUCTIONS in page  # verbatim, in a fence that its own backticks do not close
    assert "````text" in page
    for words in (
        "Which video is better overall?",
        "none of 8 trips",
        "Rao-Kupper",
        "12 EUR/h",
        "3 of 3 seats",
        "3 of 3",
        "Krippendorff",
        "log-odds for the left",
        "Design effect",
    ):
        assert words in page
    assert design.sha256 in page
    assert "| Consent" not in page.replace("| Consent (what raters agreed to, and how) | NOT RECORDED |", "")
    assert "Screenshots\n\nNOT RECORDED" in page
    assert "**" in page.split("## Results")[1]


def test_the_html_report_is_one_file_that_escapes_what_it_quotes(voted, tmp_path):
    picture = tmp_path / "page.png"
    picture.write_bytes(b"\x89PNG\r\n")
    code, _, err = call(
        "study", "report", voted, "--format", "html", "--screenshot", picture, "--out", tmp_path / "r.html"
    )
    page = (tmp_path / "r.html").read_text()
    assert (code, "wrote" in err) == (0, True)
    assert "Choose the video &lt;you&gt; prefer." in page
    assert "<script" not in page
    assert "data:image/png;base64,iVBORw0K" in page
    assert call("study", "report", voted, "--format", "html", "--screenshot", tmp_path / "x.pdf")[0] == 2


def test_wrong_stores_and_facts_are_refused(voted, tmp_path):
    gone = tmp_path / "gone.sqlite"
    code, _, err = call("study", "verify", gone)
    assert (code, "no vote store there" in err, gone.exists()) == (2, True, False)
    (tmp_path / "facts.yaml").write_text("pay: 12 EUR")
    code, _, err = call("study", "report", voted, "--facts", tmp_path / "facts.yaml")
    assert (code, "stated fact 'pay': known are recruitment" in err) == (2, True)


def test_a_study_without_votes_says_so(run, tmp_path):
    path = tmp_path / "s" / "study.json"
    assert call("study", "plan", run, "--trials", "2", "--raters", "1", "--out", path)[0] == 0
    answer(path, raters=0)
    code, page, _ = call("study", "report", path.parent)
    assert (code, "none: no votes" in page, "## Results\n\nNOT RECORDED" in page) == (0, True, True)
    assert json.loads(path.read_text())["design"]["seats"] == 1
    assert Path(path).exists()


def test_a_metric_votes_apart_from_people_and_its_prediction_of_them_is_measured(run, voted, tmp_path):
    folder = tmp_path / "pilot"
    folder.mkdir()
    for name in ("study.json", "votes.sqlite"):
        (folder / name).write_bytes(voted.with_name(name).read_bytes())
    code, out, _ = call("study", "judge", folder / "study.json", run, "--metric", "flicker_mae")
    assert (code, "AUTOMATIC JUDGE" in out) == (0, True)
    table = tmp_path / "votes.csv"
    assert call("study", "export", folder, "--out", table)[0] == 0
    assert call("elo", table)[0] == 2  # never rated together
    code, out, _ = call("elo", table, "--kind", "automatic", "--format", "markdown", "--orders", "5")
    assert "AUTOMATIC JUDGE" in out
    code, out, _ = call("study", "predict", folder, run, "--metric", "flicker_mae", "--format", "csv")
    row = next(csv.DictReader(out.splitlines()))
    with table.open() as rows:
        decided = [r for r in csv.DictReader(rows) if r["trial_role"] == "real" and r["rater_kind"] == "human"]
    assert (code, int(float(row["votes"]))) == (0, sum(r["outcome"] in ("left", "right") for r in decided))
    assert 0 <= float(row["agreement_low"]) <= float(row["agreement"]) <= float(row["agreement_high"]) <= 1
    code, _, err = call("study", "predict", folder, run, "--metric", "luma_mean")
    assert (code, "no better direction" in err) == (2, True)
    code, _, err = call("study", "judge", folder / "study.json", run, "--metric", "beauty")
    assert (code, "was not measured by 'beauty'" in err) == (2, True)


def test_properties_of_clips_become_covariates_of_the_rating(run, voted, tmp_path):
    table = tmp_path / "votes.csv"
    code, _, _ = call("study", "export", voted, "--out", table, "--run", run, "--metric", "luma_mean")
    cells = pd.read_parquet(run / "summary.parquet").query("metric == 'luma_mean'")
    with table.open() as rows:
        row = next(r for r in csv.DictReader(rows) if r["trial_role"] == "real")
    chosen = cells[(cells.system == row["model_left"]) & (cells.task == row["task"])]
    assert (code, float(row["luma_mean_left"])) == (0, pytest.approx(float(chosen["mean"].iloc[0])))
    frame = pd.read_csv(table, keep_default_na=False).query("trial_role == 'real'")
    frame.to_csv(table, index=False)
    code, out, _ = call("elo", table, "--covariate", "luma_mean", "--format", "markdown", "--orders", "5")
    assert (code, "one standard deviation more is worth" in out) == (0, True)
    assert call("study", "export", voted, "--out", table, "--metric", "luma_mean")[0] == 2
    code, _, err = call("elo", table, "--covariate", "bitrate")
    assert (code, "needs columns bitrate_left and bitrate_right" in err) == (2, True)


def test_invitations_are_links_to_seats_that_are_taken(run, tmp_path):
    study = tmp_path / "s" / "study.json"
    call("study", "plan", run, "--trials", "2", "--raters", "2", "--out", study)
    code, out, _ = call("study", "invite", study, "--count", "2", "--address", "https://study.example/")
    links = out.split()
    assert (code, len(set(links))) == (0, 2)
    assert all(link.startswith("https://study.example/?t=") for link in links)
    with VoteStore(study.with_name("votes.sqlite")) as store:
        assert all(store.next(link.partition("t=")[2], "tab") for link in links)
    assert call("study", "invite", study, "--count", "1")[0] == 2  # every seat is taken


def test_prompts_are_kept_in_the_study_and_unknown_tasks_are_named(run, tmp_path):
    study, prompts = tmp_path / "s" / "study.json", tmp_path / "prompts.yaml"
    prompts.write_text('task0: "a <b>walk</b>"\n')
    options = ("--trials", "2", "--raters", "1", "--prompts", prompts, "--out", study)
    assert call("study", "plan", run, *options)[0] == 0
    assert load_study(study).design.prompts == {"task0": "a <b>walk</b>"}
    prompts.write_text("task9: nothing\n")
    code, _, err = call("study", "plan", run, *options)
    assert (code, "'task9' is no task of the study" in err) == (2, True)

"""Vote logs in every accepted shape, and messages that say what to fix."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from fpbench.preference.errors import PoolingError, VoteFileError
from fpbench.preference.reading import read_votes
from fpbench.preference.votes import RaterKind, pool

ARENA = [
    {"model_a": "x", "model_b": "y", "winner": "model_a", "judge": "u1", "question_id": 81},
    {"model_a": "y", "model_b": "x", "winner": "tie (bothbad)", "judge": "u2", "question_id": 82},
    {"model_a": "x", "model_b": "z", "winner": "model_b", "judge": "u1", "question_id": 81},
    {"model_a": "z", "model_b": "y", "winner": "tie", "judge": "u2", "question_id": 83},
]


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".parquet"])
def test_an_arena_log_reads_alike_in_every_format(tmp_path: Path, suffix: str) -> None:
    path, frame = tmp_path / f"votes{suffix}", pd.DataFrame(ARENA)
    if suffix == ".csv":
        frame.to_csv(path, index=False)
    elif suffix == ".jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in ARENA), "utf-8")
    else:
        frame.to_parquet(path)
    votes = read_votes(path).votes
    assert votes.items == ("x", "y", "z")
    assert [votes.items[k] for k in votes.left] == ["x", "y", "x", "z"]
    assert list(votes.outcome) == [0, 3, 1, 2]
    assert list(votes.sign()) == [1, 0, -1, 0]
    assert votes.rater is not None
    assert votes.rater.names == ("u1", "u2")
    assert votes.task is not None
    assert votes.task.names == ("81", "82", "83")
    assert votes.kind is RaterKind.HUMAN


RAW = [  # as the server of Chatbot Arena writes them: a question, two votes out of order, a vote with names shown
    {"type": "chat", "models": ["x", "y"], "tstamp": 3.0},
    {"type": "rightvote", "models": ["y", "z"], "tstamp": 9.0},
    {"type": "bothbad_vote", "models": ["x", "y"], "tstamp": 4.5},
    {"type": "leftvote", "models": ["z", "x"], "tstamp": 11.0},
]


def test_raw_arena_events_are_read_in_order_of_time(tmp_path: Path) -> None:
    path = tmp_path / "votes.json"
    path.write_text(json.dumps(RAW), "utf-8")
    log = read_votes(path)
    assert [log.votes.items[k] for k in log.votes.left] == ["x", "y", "z"]
    assert list(log.votes.outcome) == [3, 1, 0]
    assert log.skipped == {"not a vote": 1}


def test_battles_whose_names_were_shown_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "votes.json"
    path.write_text(json.dumps([row | {"anony": k != 1} for k, row in enumerate(ARENA)]), "utf-8")
    log = read_votes(path)
    assert (len(log.votes), log.skipped) == (3, {"names were shown": 1})


def test_one_column_per_answer_reads_as_an_outcome(tmp_path: Path) -> None:
    path = tmp_path / "votes.csv"
    path.write_text("model_a,model_b,winner_model_a,winner_model_b,winner_tie\nx,y,0,1,0\ny,x,0,0,1\nx,y,1,0,0\n")
    assert list(read_votes(path).votes.outcome) == [1, 2, 0]


def test_covariates_are_left_minus_right_in_standard_deviations(tmp_path: Path) -> None:
    path = tmp_path / "votes.csv"
    path.write_text("left,right,winner,motion_left,motion_right,lead\na,b,left,3,1,5\nb,a,left,1,3,-5\na,b,tie,2,2,0\n")
    votes = read_votes(path, covariates=("motion", "lead")).votes
    expected = np.array([1, -1, 0]) / np.std([1, -1, 0])
    assert votes.covariates["motion"] == pytest.approx(expected)
    assert votes.covariates["lead"] == pytest.approx(expected)
    path.write_text("left,right,winner,motion_left,motion_right\na,b,left,3,\n")
    with pytest.raises(VoteFileError, match="row 1 has no number for covariate 'motion'"):
        read_votes(path, covariates=("motion",))


def test_a_winner_may_be_given_by_name(tmp_path: Path) -> None:
    path = tmp_path / "votes.csv"
    path.write_text("left,right,winner\nred,blue,blue\nblue,red,blue\n", "utf-8")
    votes = read_votes(path).votes
    assert list(votes.outcome) == [1, 0]
    assert votes.rater is None


def test_rows_that_cannot_be_rated_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "votes.csv"
    rows = [
        "a,b,left,overall,real,",
        "a,b,left,drift,real,",
        "a,b,cannot_play,overall,real,",
        "a,a,tie,overall,identical,",
    ]
    rows += ["a,b,right,overall,real,voted too soon", "a,a,left,overall,real,"]
    path.write_text("left,right,outcome,criterion,trial_role,excluded\n" + "\n".join(rows) + "\n", "utf-8")
    log = read_votes(path)
    assert len(log.votes) == 1
    assert sum(log.skipped.values()) == 5
    assert log.skipped["excluded is not empty"] == 1
    assert len(read_votes(path, criterion="drift").votes) == 1


def test_people_and_judges_are_never_pooled(tmp_path: Path) -> None:
    path = tmp_path / "votes.csv"
    path.write_text("left,right,winner,rater_kind\na,b,left,human\na,b,right,automatic\n", "utf-8")
    with pytest.raises(PoolingError, match="choose one kind"):
        read_votes(path)
    human, judge = (read_votes(path, kind=kind).votes for kind in RaterKind)
    assert (len(human), len(judge), judge.kind) == (1, 1, RaterKind.AUTOMATIC)
    with pytest.raises(PoolingError):
        pool([human, judge])
    assert len(pool([human, human])) == 2


@pytest.mark.parametrize(
    ("name", "text", "match"),
    [
        (
            "v.csv",
            "left,right,winner\na,b,left\na,b,banana\n",
            r"v\.csv: row 2 has outcome 'banana'; use left",
        ),
        ("v.csv", "left,winner\na,left\n", r"no column for the right.*found left, winner"),
        ("v.csv", "left,right,winner\na,,left\n", r"row 1 has no 'right'"),
        ("v.jsonl", "{oops\n", r"v\.jsonl: not a readable JSONL"),
        ("v.xlsx", "", r"\.csv, \.json, \.jsonl or \.parquet"),
        ("v.parquet", "text", r"not a readable PARQUET"),
    ],
)
def test_bad_files_say_what_to_fix(tmp_path: Path, name: str, text: str, match: str) -> None:
    path = tmp_path / name
    path.write_text(text, "utf-8")
    with pytest.raises(VoteFileError, match=match):
        read_votes(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(VoteFileError, match="no such file"):
        read_votes(tmp_path / "none.csv")

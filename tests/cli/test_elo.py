import csv
import io
import json

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from fpbench.cli import app
from fpbench.preference import fit, read_votes
from fpbench.preference.simulate import simulate

OUTCOMES = np.array(["left", "right", "tie", "both_bad"])


def call(*arguments):
    result = CliRunner().invoke(app, ["elo", *map(str, arguments)])
    return result.exit_code, result.stdout, result.stderr


@pytest.fixture
def votes(tmp_path):
    made = simulate(np.array([0.8, 0.0, -0.8]), 600, seed=4)
    names = np.array(made.items)
    table = pd.DataFrame(
        {
            "model_a": names[made.left],
            "model_b": names[made.right],
            "winner": OUTCOMES[made.outcome],
            "voter_id": [made.rater.names[k] for k in made.rater.codes],
            "item_id": [made.task.names[k] for k in made.task.codes],
        }
    )
    path = tmp_path / "votes.csv"
    table.to_csv(path, index=False)
    return path


def test_csv_holds_the_davidson_fit_and_its_clustered_interval(votes):
    code, out, _ = call(votes, "--format", "csv", "--orders", "50")
    rows = list(csv.DictReader(io.StringIO(out)))
    rated = fit(read_votes(votes).votes, side=True)
    assert code == 0
    assert [row["system"] for row in rows] == ["item00", "item01", "item02"]
    for k, row in enumerate(rows):
        low, high = rated.interval()[k]
        assert [float(row[name]) for name in ("rating", "rating_low", "rating_high")] == pytest.approx(
            [rated.elo[k], low, high]
        )
        assert float(row["votes"]) == read_votes(votes).votes.per_item()[k]
    assert [row["rating_best"] for row in rows] == ["1", "0", "0"]
    assert [row["rank_worst"] for row in rows] == ["1.0", "2.0", "3.0"]


@pytest.mark.parametrize("suffix", ["jsonl", "parquet"])
def test_every_container_gives_the_same_table(votes, tmp_path, suffix):
    table, other = pd.read_csv(votes), tmp_path / f"votes.{suffix}"
    if suffix == "jsonl":
        table.to_json(other, orient="records", lines=True)
    else:
        table.to_parquet(other)
    arguments = ("--format", "markdown", "--orders", "20")
    first, second = call(votes, *arguments), call(other, *arguments)
    assert first[0] == 0
    assert first == second


def test_terminal_latex_and_a_file_show_the_same_systems(votes, tmp_path):
    code, out, _ = call(votes, "--orders", "20", "--probes")
    assert (code, "item00" in out, "clustered by rater and task" in out) == (0, True, True)
    code, out, _ = call(votes, "--orders", "20", "--format", "latex", "--layout", "conventions")
    assert (code, "tabular" in out, "Rao-Kupper" in out) == (0, True, True)
    target = tmp_path / "deep" / "board.md"
    code, out, err = call(votes, "--orders", "20", "--format", "markdown", "--out", target)
    assert (code, out, str(target) in err) == (0, "", True)
    assert "| item00 |" in target.read_text()


@pytest.mark.parametrize("form", ["terminal", "markdown", "csv", "latex", "html"])
def test_an_automatic_judge_is_watermarked_in_every_format(votes, tmp_path, form):
    table = pd.read_csv(votes).assign(rater_kind="automatic")
    path = tmp_path / "judge.csv"
    table.to_csv(path, index=False)
    code, out, _ = call(path, "--orders", "5", "--format", form)
    assert code == 0
    assert "automatic judge" in out
    if form != "csv":
        assert "AUTOMATIC JUDGE: no person voted" in out


def test_people_and_judges_in_one_file_are_refused_unless_one_is_chosen(votes, tmp_path):
    table = pd.read_csv(votes)
    table["rater_kind"] = ["human", "automatic"] * (len(table) // 2)
    path = tmp_path / "both.csv"
    table.to_csv(path, index=False)
    code, out, err = call(path)
    assert (code, out, "never rated together" in err) == (2, "", True)
    code, out, _ = call(path, "--kind", "human", "--format", "markdown", "--orders", "5")
    assert (code, "AUTOMATIC" in out) == (0, False)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([("a", "b", "left"), ("b", "a", "left"), ("c", "d", "left"), ("d", "c", "left")], "never compared"),
        ([("a", "b", "left")] * 9 + [("b", "a", "right")] * 9, "no finite rating for a"),
        ([("a", "b", "perhaps")], "row 1 has outcome 'perhaps'"),
        ([("a", "a", "left")], "no votes to rate"),
    ],
)
def test_a_board_that_cannot_be_rated_ends_with_2_and_one_line(tmp_path, rows, said):
    path = tmp_path / "votes.jsonl"
    path.write_text("\n".join(json.dumps(dict(zip(("left", "right", "outcome"), row, strict=True))) for row in rows))
    code, _, err = call(path, "--orders", "5")
    lines = err.strip().splitlines()
    assert (code, len(lines)) == (2, 1)
    assert lines[0].startswith("error: ")
    assert said in lines[0]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("gone.csv", None, "no such file"),
        ("notes.txt", "hello", "votes come as .csv, .json, .jsonl or .parquet"),
        ("odd.csv", "who,what\n1,2\n", "no column for the left"),
        ("odd.parquet", "not parquet", "not a readable PARQUET table"),
        ("empty.csv", "", "not a readable CSV table"),
    ],
)
def test_files_that_hold_no_votes_are_named(tmp_path, name, content, said):
    path = tmp_path / name
    if content is not None:
        path.write_text(content)
    code, _, err = call(path)
    assert (code, said in err, str(path) in err) == (2, True, True)

import json
import math
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from fpbench.cli import app
from fpbench.runs.scoring.helios import BY_METRIC, _key


def call(*arguments):
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    return result.exit_code, result.stdout, result.stderr


def clips(values):
    return [{"video_path": f"/videos/{name}.mp4", "video_results": value} for name, value in values.items()]


@pytest.fixture
def files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    quality = {"imaging_quality": [0.65, clips({"a": 60.0, "b": 70.0})], "color": [0.5, []]}
    dynamic = {"dynamic_degree": [0.5, clips({"a": True, "b": False})]}
    people = {"Human_Identity": [0.9, clips({"a": 0.9, "b": -1})]}
    Path("ours_eval.json").write_text(json.dumps(quality | dynamic))
    Path("ours_people.json").write_text(json.dumps(people))
    Path("theirs.json").write_text(json.dumps({"imaging_quality": [0.5, clips({"a": 40.0, "b": 60.0})]}))
    return "vbench", "ours=ours_eval.json", "ours=ours_people.json", "theirs.json"


def test_result_files_become_a_run_that_tables_read(files):
    code, out, err = call("import", *files, "--reference", "theirs")
    run = Path("results/runs/vbench-ours-theirs")
    assert (code, f"{run}/table.md" in err) == (0, True)
    rows = pq.read_table(run / "summary.parquet").to_pylist()
    means = {(row["system"], row["task"], row["metric"]): row["mean"] for row in rows}
    assert means["ours", "a", "clarity_vbench"] == pytest.approx(0.6)
    assert means["theirs", "b", "clarity_vbench"] == pytest.approx(0.6)
    assert means["ours", "a", "dynamic_vbench"] == 1
    assert means["ours", "a", "identity_vbench2"] == pytest.approx(0.9)
    assert math.isnan(means["ours", "b", "identity_vbench2"])  # -1: VBench-2.0 saw too few faces
    assert all(math.isnan(row["drift_abs"]) for row in rows)  # one value for a clip has no drift
    assert call("table", run)[1] == out


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "no result file"),
        ('{"color": [1, []]}', "none of VBench's dimensions"),
        ("[1]", "none of VBench's dimensions"),
        ('{"imaging_quality": [1, [{"video_path": "a"}]]}', "imaging_quality: expected"),
        ('{"imaging_quality": 3}', "imaging_quality: expected"),
        ('{"imaging_quality": [1, [{"video_path": "a.mp4", "video_results": NaN}]]}', "a.mp4: nan is no finite"),
        ('{"imaging_quality": [1, [{"video_path": "a.mp4", "video_results": "x"}]]}', "no finite number"),
    ],
)
def test_other_files_are_refused_and_nothing_is_written(content, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("bad.json").write_text(content)
    code, _, err = call("import", "vbench", "bad.json")
    assert code == 2
    assert "bad.json" in err
    assert message in err
    assert not Path("results").exists()


def test_two_files_may_not_disagree_and_a_run_is_not_overwritten(files):
    assert call("import", "vbench", "ours=ours_eval.json", "ours=theirs.json")[0] == 2
    assert call("import", *files)[0] == 0
    code, _, err = call("import", *files)
    assert (code, "no run is yet" in err) == (2, True)


def test_imported_metrics_say_where_their_values_come_from():
    code, _, err = call("score", ".", "--metrics", "imported")
    assert code == 2
    assert "fpbench import" in err


def helios(metric, key, values):
    return {"metric": metric, "per_video_results": [{"id": 1, "video_name": f"{n}.mp4", key: v} for n, v in values]}


def test_files_of_heliosbench_become_a_run_with_its_contrasts_beside_its_values(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    contents = [
        helios("semantic", "semantic_score", [("2_240_ori81", 0.29), ("239_120_ori129", 0.27)]),
        helios("drifting_semantic", "drift_semantic_score", [("2_240_ori81", 0.004), ("239_120_ori129", 0.009)]),
        helios("motion_fb", "motion_fb", [("2_240_ori81", -0.2)]),
    ]
    for number, content in enumerate(contents):
        Path(f"{number}.json").write_text(json.dumps(content))
    code, out, _ = call("import", "helios", *(f"ours={number}.json" for number in range(3)))
    rows = pq.read_table("results/runs/helios-ours/summary.parquet").to_pylist()
    means = {(row["task"], row["metric"]): row["mean"] for row in rows}
    assert (code, "ours" in out) == (0, True)
    assert means["2_240_ori81", "semantic_helios"] == pytest.approx(0.29)
    assert means["239_120_ori129", "semantic_drift_helios"] == pytest.approx(0.009)
    assert means["2_240_ori81", "amplitude_helios"] == pytest.approx(-0.2)
    assert math.isnan(means["239_120_ori129", "amplitude_helios"])


def test_every_metric_of_heliosbench_has_the_key_it_writes():
    keys = {one: _key(one) for one in BY_METRIC}
    assert keys == {
        "aesthetic": "aesthetic_score",
        "motion_fb": "motion_fb",
        "motion_smoothness": "motion_smoothness_score",
        "semantic": "semantic_score",
        "naturalness": "naturalness_score",
        **{f"drifting_{m}": f"drift_{m}_score" for m in ("aesthetic", "motion_smoothness", "semantic", "naturalness")},
    }


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"summary": {}, "per_video": {}}, "merged files have none"),
        ({"metric": "aesthetic"}, "no clips of one of HeliosBench's metrics"),
        (helios("aesthetic", "score", [("a", 1)]), "expected clips with video_name and aesthetic_score"),
        (helios("aesthetic", "aesthetic_score", [("a", "1")]), "a.mp4: '1' is no finite number"),
        (helios("aesthetic", "aesthetic_score", [("a", 1), ("a", 1)]), "two clips are named 'a'"),
    ],
)
def test_other_files_are_no_heliosbench(content, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("bad.json").write_text(json.dumps(content))
    code, _, err = call("import", "helios", "bad.json")
    assert (code, message in err, "bad.json" in err) == (2, True, True)

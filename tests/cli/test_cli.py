import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from fpbench.cli import app

HEAVY = ("torch", "pandas", "matplotlib", "pyarrow", "scipy", "cv2", "numpy", "pydantic", "streamlit")
PROTOCOL = """\
name: cli
world: stub
tasks: {splits: [validation], kinds: [walk], count: 2, frames: 12}
batch: 1
systems:
  - {use: stub_truth, name: truth}
  - {use: stub_broken, name: broken, on: [1]}
metrics: [luma_mean, contrast_rms]
primary: {quality: luma_mean, drift: contrast_rms}
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "p.yaml").write_text(PROTOCOL)
    return tmp_path


def call(*arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, list(arguments))
    return result.exit_code, result.stdout, result.stderr


def cpu_seconds_of_children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def test_help_is_quick_and_loads_nothing_heavy():
    code = f"""
import sys
sys.argv = ["fpbench", "--help"]
from fpbench.cli import app
try:
    app()
finally:
    print([name for name in {HEAVY!r} if name in sys.modules])
"""
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    before = cpu_seconds_of_children()
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True)
    seconds = cpu_seconds_of_children() - before  # the wall clock would measure the rest of the machine
    assert done.stdout.splitlines()[-1] == "[]"
    assert "Exit codes: 0 done, 2 usage, 3 some cells failed, 4 preflight failed." in done.stdout
    assert seconds <= 0.5


def test_a_run_with_failures_ends_with_3_and_its_table(here: Path):
    code, out, err = call("run", "p.yaml", "--workers", "1")
    assert code == 3
    assert "broken [1 failed]" in out
    assert "FAILED: RuntimeError: the stub breaks as asked" in err
    folder = next((here / "results" / "runs").iterdir())
    assert f"fpbench resume results/runs/{folder.name}" in err
    produced = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert {"table.md", "table.csv", "table.tex", "run.json", "protocol.yaml", "series.parquet"} <= produced
    assert {"figures/drift_contrast_rms.pdf", "contact/broken.png"} <= produced

    code, _, err = call("resume", str(folder), "--workers", "1")
    assert code == 3
    assert "generating 4/4" in err
    code, out, _ = call("table", str(folder), "--format", "csv")
    assert code == 0
    assert out.startswith("system,role,flags,luma_mean.mean,")
    assert call("table", str(folder), "--format", "latex", "--layout", "none")[0] == 2
    code, out, _ = call("list", "runs")
    assert (code, f"{folder.name}  failed  3/4 done, 1 failed" in out) == (0, True)


def test_a_finished_run_prints_its_table_again(here: Path):
    arguments = ("run", "p.yaml", "--workers", "1", "--set", "systems.1.on=[]")
    code, first, _ = call(*arguments)
    assert code == 0
    code, second, err = call(*arguments)
    assert (code, second) == (0, first)
    assert "nothing to do" in err
    table = next((here / "results" / "runs").glob("*/table.md"))
    table.unlink()  # as after a kill between the results and the table
    code, third, _ = call(*arguments)
    assert (code, third, table.exists()) == (0, first, True)


def test_a_finished_run_makes_clips_anew_that_were_deleted(here: Path):
    arguments = ("run", "p.yaml", "--workers", "1", "--set", "systems.1.on=[]")
    code, first, _ = call(*arguments)
    clip = next((here / "results" / "clips").rglob("*.mkv"))
    frames = clip.read_bytes()
    clip.unlink()
    code, second, err = call(*arguments)
    assert (code, second, clip.read_bytes() == frames) == (0, first, True)
    assert "nothing to do" not in err


@pytest.mark.parametrize(
    ("old", "new", "code", "expected"),
    [
        ("world: stub", "world: sutb", 2, "p.yaml:2: world: unknown world 'sutb'; did you mean 'stub'?"),
        ("on: [1]", "in: [1]", 4, "p.yaml:7: systems[1]: broken: "),
        ("stub_broken", "framepack", 4, "p.yaml:7: systems[1]: broken: "),
    ],
)
def test_a_bad_protocol_ends_before_anything_is_written(here: Path, old: str, new: str, code: int, expected: str):
    (here / "p.yaml").write_text(PROTOCOL.replace(old, new))
    for command in ("check", "run"):
        found, _, err = call(command, "p.yaml")
        assert found == code
        assert expected in err
    assert not (here / "results").exists()


def test_check_says_what_would_run(here: Path):
    code, out, _ = call("check", "p.yaml", "--set", "tasks.count=5")
    assert code == 0
    assert "ready. 2 systems x 5 clips of 12 frames, 2 metrics" in out
    assert not (here / "results").exists()


def test_check_and_run_say_which_metrics_of_a_group_are_skipped(here: Path, monkeypatch: pytest.MonkeyPatch):
    from fpbench.metrics import catalog

    monkeypatch.setattr(type(catalog.find("brisque")), "missing", lambda self: "no weights" * bool(self.card.weights))
    for command in ("check", "run"):
        given = ("--set", "metrics=[luma_mean, contrast_rms, noref]", "--set", "systems.1.on=[]")
        code, _, err = call(command, "p.yaml", *given)
        assert code == 0
        assert "skipped brisque: no weights\n1 of 4 metrics skipped, 3 measured" in err


def test_the_schema_is_that_of_the_protocol():
    import json

    code, out, _ = call("schema")
    schema = json.loads(out)
    assert code == 0
    assert schema["additionalProperties"] is False
    assert set(schema["required"]) == {"name", "world", "tasks", "systems", "metrics", "primary"}


@pytest.mark.parametrize(
    ("what", "expected"), [("systems", "framepack"), ("worlds", "doom"), ("metrics", "psnr_truth")]
)
def test_what_exists_is_listed(what: str, expected: str):
    code, out, _ = call("list", what)
    assert (code, expected in out) == (0, True)


def test_doctor_reports_each_part():
    code, out, _ = call("doctor")
    assert "ok      codecs ffv1 and libx264" in out
    assert code == (4 if "BROKEN" in out else 0)


def test_a_plan_that_cannot_be_is_refused_before_the_first_clip() -> None:
    system = "systems.3={use: framepack, name: x, pack: td_f1k1_g1_x_f2k1}"
    result = CliRunner().invoke(
        app, ["check", str(Path(__file__).parents[2] / "protocols" / "smoke.yaml"), "--set", system]
    )
    assert result.exit_code == 4
    assert "cannot hold 2 endpoint frames" in result.output

from collections.abc import Sequence
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from fpbench.errors import FpbenchError, PreflightError
from fpbench.protocol import parse_protocol
from fpbench.runs import preflight as preflight_module
from fpbench.runs.clips import load_facts
from fpbench.runs.execute import Finished, execute
from fpbench.runs.executors import Executor, InProcess, LocalProcesses
from fpbench.runs.files import DiskFullError
from fpbench.runs.jobs import Outcome
from fpbench.runs.journal import Journal
from fpbench.runs.preflight import Plan, preflight
from fpbench.runs.shard import Shard
from fpbench.runs.store import Store

TEXT = """\
name: tiny
world: stub
tasks: {{splits: [validation], kinds: [walk], count: 4, frames: 12}}
batch: 2
systems: [{systems}]
metrics: [luma_mean]
primary: {{quality: luma_mean, drift: luma_mean}}
"""
FADE = "{use: stub_fade, rate: 0.02}"


class Silent:
    """A watcher that only remembers what it was told."""

    def __init__(self) -> None:
        self.stages: list[tuple[str, int, int]] = []
        self.cells = 0

    def stage(self, stage: str, total: int, finished: int) -> None:
        self.stages.append((stage, total, finished))

    def advance(self, label: str, cells: int, outcome: Outcome) -> None:
        self.cells += cells


def plan(results: Path, *systems: str, overrides: Sequence[str] = ()) -> Plan:
    protocol, source = parse_protocol(TEXT.format(systems=", ".join(systems)), overrides=overrides)
    return preflight(protocol, source, results)


def run(results: Path, *systems: str, executor: Executor | None = None, **how) -> tuple[Finished, Silent]:
    watcher, executor = Silent(), executor or InProcess()
    try:
        return execute(plan(results, *systems), results, executor, watcher, **how), watcher
    finally:
        executor.close()


def statuses(finished: Finished) -> list[str]:
    return pq.read_table(finished.folder / "cells.parquet")["status"].to_pylist()


def test_a_run_is_done_once(tmp_path: Path):
    finished, watcher = run(tmp_path, FADE)
    assert finished.complete
    assert finished.manifest.counts.model_dump() == {"cells": 4, "generated": 4, "done": 4, "failed": 0}
    assert watcher.stages == [("generate", 4, 0), ("measure", 4, 0)]
    again, watcher = run(tmp_path, FADE)
    assert again.folder == finished.folder
    assert watcher.stages == [("generate", 4, 4), ("measure", 4, 4)]
    assert watcher.cells == 0
    assert len(again.manifest.sessions) == 2


def test_scoring_never_generates_again(tmp_path: Path):
    run(tmp_path, FADE)
    watcher = Silent()
    more = plan(tmp_path, FADE, overrides=["metrics=[luma_mean, contrast_rms]"])
    finished = execute(more, tmp_path, InProcess(), watcher)
    assert watcher.stages == [("generate", 4, 4), ("measure", 4, 0)]
    assert set(pq.read_table(finished.folder / "summary.parquet")["metric"].to_pylist()) == {
        "luma_mean",
        "contrast_rms",
    }


def test_equal_systems_share_their_clips(tmp_path: Path):
    finished, watcher = run(tmp_path, FADE, "{use: stub_fade, name: twin, rate: 0.02}")
    assert watcher.stages[0] == ("generate", 4, 0)
    assert finished.manifest.counts.done == 8
    clips = pq.read_table(finished.folder / "cells.parquet")["clip"].to_pylist()
    assert clips[:4] == clips[4:]


def test_a_failing_batch_is_counted_and_the_rest_goes_on(tmp_path: Path):
    broken = "{use: stub_broken, on: [3]}"
    finished, _ = run(tmp_path, broken, FADE)
    assert finished.complete
    assert finished.manifest.status == "failed"
    assert statuses(finished) == ["done"] * 2 + ["failed"] * 2 + ["done"] * 4
    errors = pq.read_table(finished.folder / "cells.parquet")["error"].to_pylist()
    assert "RuntimeError: the stub breaks as asked" in errors[2]
    _, kept = run(tmp_path, broken, FADE)
    assert kept.cells == 0
    _, retried = run(tmp_path, broken, FADE, retry_failed=True)
    assert retried.cells == 2


def test_a_system_that_breaks_its_contract_fails(tmp_path: Path):
    finished, _ = run(tmp_path, "{use: stub_broken, on: [0], how: shape}")
    failure = next(iter(Journal(finished.folder / "cells.jsonl").failures().values()))
    assert "expected uint8 (12, 32, 48, 3), got uint8 (11, 32, 48, 3)" in failure.error


def test_an_unreadable_clip_is_reported_and_made_anew_when_deleted(tmp_path: Path):
    more = ("metrics=[luma_mean, contrast_rms]",)
    store, clip = Store(tmp_path), plan(tmp_path, FADE).batches[0].clips[0]
    run(tmp_path, FADE)
    store.clip(clip).write_bytes(b"not a video")
    finished = execute(plan(tmp_path, FADE, overrides=more), tmp_path, InProcess(), Silent())
    assert statuses(finished) == ["failed", "done", "done", "done"]
    failure = next(iter(Journal(finished.folder / "cells.jsonl").failures().values()))
    assert f"{clip}.mkv: cannot be decoded" in failure.error
    store.clip(clip).unlink()
    finished = execute(plan(tmp_path, FADE, overrides=more), tmp_path, InProcess(), Silent())
    assert statuses(finished) == ["done"] * 4


def test_a_failure_that_was_made_good_by_another_run_is_forgotten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    with monkeypatch.context() as patch:
        patch.setattr("fpbench.runs.jobs.save_clip", lambda *args: 1 / 0)
        finished, _ = run(tmp_path, FADE)
    assert statuses(finished) == ["failed"] * 4
    execute(plan(tmp_path, FADE, overrides=["title=other", "batch=2", "name=other"]), tmp_path, InProcess(), Silent())
    finished, _ = run(tmp_path, FADE)
    assert finished.manifest.status == "done"


def test_a_worker_that_dies_costs_its_batch_only(tmp_path: Path):
    finished, _ = run(tmp_path, "{use: stub_broken, on: [0], how: die}", executor=LocalProcesses(2))
    assert statuses(finished) == ["failed"] * 2 + ["done"] * 2
    failure = next(iter(Journal(finished.folder / "cells.jsonl").failures().values()))
    assert "worker process died" in failure.error


def test_shards_together_are_the_whole(tmp_path: Path):
    whole, _ = run(tmp_path / "whole", FADE)
    first, _ = run(tmp_path / "parts", FADE, shard=Shard(1, 2))
    assert not first.complete
    assert not (first.folder / "summary.parquet").exists()
    second, _ = run(tmp_path / "parts", FADE, shard=Shard(2, 2))
    assert second.complete
    for name in ("cells.parquet", "series.parquet", "summary.parquet"):
        assert (second.folder / name).read_bytes() == (whole.folder / name).read_bytes()


@pytest.mark.parametrize("text", ["0/2", "3/2", "2", "a/b", "1/0", "1-2"])
def test_a_wrong_shard_is_refused(text: str):
    with pytest.raises(FpbenchError, match="write it as 2/8"):
        Shard.parse(text)


def test_two_processes_cannot_work_on_one_run(tmp_path: Path):
    class Nosy(Silent):
        def stage(self, stage: str, total: int, finished: int) -> None:
            with pytest.raises(FpbenchError, match="another process is at this run"):
                execute(plan(tmp_path, FADE), tmp_path, InProcess(), Silent())
            super().stage(stage, total, finished)

    watcher = Nosy()
    execute(plan(tmp_path, FADE), tmp_path, InProcess(), watcher)
    assert len(watcher.stages) == 2


def test_a_full_disk_stops_the_run_and_leaves_it_resumable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def full(*args: object) -> None:
        raise DiskFullError("no space left on the disk")

    with monkeypatch.context() as patch:
        patch.setattr("fpbench.runs.clips.write_preview", full)
        with pytest.raises(DiskFullError):
            run(tmp_path, FADE)
    assert not list(tmp_path.glob("tmp/*/*"))
    finished, _ = run(tmp_path, FADE)
    assert finished.manifest.status == "done"


def test_preflight_names_the_line_of_a_system_that_cannot_be_built(tmp_path: Path):
    with pytest.raises(PreflightError, match=r"protocol:5: systems\[0\]: stub_fade: .*'ratee'.*its parameters: rate,"):
        plan(tmp_path, "{use: stub_fade, ratee: 1}")


@pytest.fixture
def without_brisque(monkeypatch: pytest.MonkeyPatch) -> str:
    from fpbench.metrics import catalog

    absent = "weights are not here; remedy: fpbench doctor --fetch them"
    kind = type(catalog.find("brisque"))
    monkeypatch.setattr(kind, "missing", lambda self: absent if self.card.name == "brisque" else None)
    return absent


def test_of_a_group_what_cannot_be_measured_is_skipped_and_recorded(tmp_path: Path, without_brisque: str):
    some = plan(tmp_path, FADE, overrides=["metrics=[luma_mean, noref]", "tasks.count=1"])
    assert some.skipped == {"brisque": without_brisque}
    manifest = execute(some, tmp_path, InProcess(), Silent()).manifest
    assert (manifest.status, set(manifest.metrics)) == ("done", {"luma_mean", "piqe"})
    assert manifest.protocol["skipped"] == some.skipped
    assert plan(tmp_path, FADE).skipped == {}


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (["metrics=[luma_mean, brisque]"], r"metrics\[1\]"),
        (["metrics=[luma_mean, noref]", "columns=[brisque]"], r"columns\[0\]"),
        (["metrics=[luma_mean, noref]", "primary.drift=brisque"], r"primary\.drift"),
    ],
)
def test_a_metric_that_the_protocol_names_is_not_skipped(tmp_path: Path, without_brisque: str, change, place):
    with pytest.raises(PreflightError, match=rf"{place} \(from --set\): brisque cannot be measured: {without_brisque}"):
        plan(tmp_path, FADE, overrides=change)


def test_preflight_refuses_a_disk_that_is_too_small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(preflight_module, "SPARE_BYTES", 2**60)
    with pytest.raises(PreflightError, match=r"may need .* MB and .* MB are free"):
        plan(tmp_path, FADE)


def test_clip_addresses_depend_on_what_determines_pixels_only(tmp_path: Path):
    base = plan(tmp_path, FADE)
    clips = [clip for batch in base.batches for clip in batch.clips]

    def others(system: str = FADE, *overrides: str) -> list[str]:
        changed = plan(tmp_path, system, overrides=overrides)
        return [clip for batch in changed.batches for clip in batch.clips]

    assert others("{use: stub_fade, name: other, rate: 0.02}", "title=new", "metrics=[luma_mean, si]") == clips
    assert others(FADE, "tasks.count=6")[:4] == clips
    for different in (["seeds=[1]"], ["tasks.frames=13"], ["tasks.seed=1"], ["batch=4"], ["tasks.kinds=[loop]"]):
        assert not set(others(FADE, *different)) & set(clips), different
    assert not set(others("{use: stub_fade, rate: 0.03}")) & set(clips)


def test_a_clip_remembers_the_order_it_was_made_in(tmp_path: Path):
    finished, _ = run(tmp_path, FADE, "{use: stub_truth}")
    store = Store(tmp_path)
    clips = pq.read_table(finished.folder / "cells.parquet")["clip"].to_pylist()
    assert load_facts(store, clips[0])["generation_order"] == [0, *range(11, 0, -1)]

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from fpbench.worlds import Task, World, revisits
from fpbench.worlds.camera import camera
from fpbench.worlds.doom import Doom, level_grid
from fpbench.worlds.errors import EngineError, TaskError
from fpbench.worlds.poses import angle_units

FRAMES = 40


def sha(task: Task, film: np.ndarray) -> str:
    return hashlib.sha256(task.poses.tobytes() + film.tobytes()).hexdigest()


def test_a_task_is_filmed_in_the_size_the_world_states(doom: World):
    task = doom.task("train", "walk", 0, frames=FRAMES)
    film = doom.film(task)
    assert task.place == "freedoom1/E1M1"
    assert task.poses.shape == (FRAMES, 4)
    assert film.shape == (FRAMES, doom.height, doom.width, 3)
    assert film.dtype == np.uint8
    assert 40 < film.mean() < 160
    assert np.abs(np.diff(film.astype(int), axis=0)).mean() > 1, "the camera moves"


def test_same_pose_same_bytes_in_any_order(doom: World):
    task = doom.task("train", "walk", 0, frames=FRAMES)
    order = np.random.default_rng(0).permutation(np.repeat(np.arange(FRAMES), 2))
    poses = task.poses[order]
    engine = camera("freedoom1")
    engine.shoot("E1M2", np.array([[0, 0]]), np.array([0]))  # another map in between
    again = engine.shoot("E1M1", poses[:, :2].astype(np.int64), angle_units(poses[:, 3]))
    assert np.array_equal(again.frames, doom.film(task)[order])
    assert np.array_equal(again.heights, poses[:, 2])


@pytest.mark.parametrize("kind", ["loop", "return"])
def test_revisits_are_equal_byte_for_byte_and_the_view_was_elsewhere(doom: World, kind: str):
    task = doom.task("train", kind, 1, frames=60)
    film = doom.film(task)
    pairs = revisits(task)
    assert len(pairs) >= 20
    for earlier, later in pairs:
        assert np.array_equal(film[earlier], film[later])
    earlier, later = pairs[np.argmax(pairs[:, 1] - pairs[:, 0])]
    away = film[(earlier + later) // 2].astype(int) - film[earlier]
    assert np.abs(away).mean() > 10


def test_another_process_with_an_empty_cache_films_the_same(doom: World, tmp_path: Path):
    task = doom.task("test-near", "walk", 2, frames=FRAMES, seed=5)
    code = (
        "import hashlib; from fpbench.worlds.doom import Doom; w = Doom(); "
        f"t = w.task('test-near', 'walk', 2, frames={FRAMES}, seed=5); "
        "import sys; sys.stdout.write(hashlib.sha256(t.poses.tobytes() + w.film(t).tobytes()).hexdigest())"
    )
    environment = {**os.environ, "FPBENCH_CACHE": str(tmp_path / "cache")}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == sha(task, doom.film(task))
    assert [p.name for p in tmp_path.iterdir()] == ["cache"], "the engine leaves nothing behind"


def test_cached_tasks_and_films_equal_fresh_ones_and_damage_heals(doom: Doom, cache_folder: Path):
    task = doom.task("train", "walk", 4, frames=FRAMES)
    film = doom.film(task)
    fresh = Doom(maps=doom.maps)
    assert np.array_equal(fresh.task("train", "walk", 4, frames=FRAMES).poses, task.poses)
    kept = {p: p.read_bytes() for p in (cache_folder / "doom").rglob("*.bin")}
    for path, content in kept.items():
        path.write_bytes(content[: len(content) // 2])
    healed = Doom(maps=doom.maps)
    assert np.array_equal(healed.task("train", "walk", 4, frames=FRAMES).poses, task.poses)
    assert np.array_equal(healed.film(task), film)
    whole = {p for p, content in kept.items() if p.read_bytes() == content}
    assert {p.parts[-3] for p in whole} == {"tasks", "films"}
    for path, content in kept.items():
        path.write_bytes(content)


def test_the_engine_stands_on_the_floor_that_the_grid_has(doom: World):
    """Independent of the grid: the engine puts a body of 32 units on the highest floor under it."""
    task = doom.task("train", "walk", 1, frames=FRAMES)
    grid = level_grid("E1M2")
    row, column = grid.cells(task.poses[:, :2])
    under = [grid.floor[r - 2 : r + 3, c - 2 : c + 3].max() for r, c in zip(row, column, strict=True)]
    assert np.mean(np.array(under) == task.poses[:, 2]) > 0.9
    assert np.abs(np.diff(task.poses[:, 2])).max() <= 24


def test_maps_take_turns_and_tasks_differ(doom: World):
    tasks = [doom.task("train", "walk", index, frames=12, seed=seed) for seed in (0, 1) for index in (0, 1, 2)]
    assert [t.place[-4:] for t in tasks] == ["E1M1", "E1M2", "E1M1"] * 2
    assert len({t.poses.tobytes() for t in tasks}) == len(tasks)


@pytest.mark.parametrize(("split", "kind"), [("trian", "walk"), ("train", "wlak")])
def test_unknown_splits_and_kinds_are_refused_with_the_known_ones(doom: World, split: str, kind: str):
    with pytest.raises(TaskError, match=r"splits: train, validation.*kinds: walk, loop"):
        doom.task(split, kind, 0, frames=20)


def test_without_the_engine_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch, doom: Doom):
    from fpbench.worlds.camera import Camera

    monkeypatch.setitem(sys.modules, "vizdoom", None)
    with pytest.raises(EngineError, match="pip install 'vizdoom"):
        Camera("freedoom1")

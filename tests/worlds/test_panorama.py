import numpy as np
import pytest

from fpbench.worlds import KINDS, SPLITS, open_world, revisits
from fpbench.worlds.errors import TaskError
from fpbench.worlds.panorama import Panorama


@pytest.mark.parametrize("split", SPLITS)
@pytest.mark.parametrize("kind", KINDS)
def test_every_split_and_kind_is_there_and_deterministic(split: str, kind: str):
    world, again = open_world("panorama"), Panorama()
    task = world.task(split, kind, 3, frames=24)
    assert task.poses.tobytes() == again.task(split, kind, 3, frames=24).poses.tobytes()
    film = world.film(task)
    assert film.shape == (24, world.height, world.width, 3)
    assert np.array_equal(film, again.film(task))
    assert film.std() > 15, "there is something to see"


def test_a_frame_depends_on_its_pose_alone():
    from dataclasses import replace

    world = Panorama()
    task = world.task("train", "walk", 0, frames=50)
    faster = replace(task, poses=task.poses[::7])
    assert np.array_equal(world.film(faster), world.film(task)[::7])


@pytest.mark.parametrize("kind", ["loop", "return"])
def test_revisits_are_equal_byte_for_byte_and_the_view_was_elsewhere(kind: str):
    world = Panorama()
    task = world.task("test-near", kind, 0, frames=60)
    film, pairs = world.film(task).astype(int), revisits(task)
    assert len(pairs) >= 20
    assert all(np.array_equal(film[a], film[b]) for a, b in pairs)
    first, last = pairs[np.argmax(pairs[:, 1] - pairs[:, 0])]
    assert np.abs(film[(first + last) // 2] - film[first]).mean() > 5


def test_walks_keep_the_limits():
    poses = Panorama().task("train", "walk", 0, frames=400).poses
    step = np.hypot(*np.diff(poses[:, :2], axis=0).T)
    turn = np.degrees(np.abs((np.diff(poses[:, 3]) + np.pi) % (2 * np.pi) - np.pi))
    assert step.min() > 4
    assert step.max() < 16
    assert turn.max() < 6


def test_landscapes_of_different_splits_differ_but_test_in_shares_those_of_training():
    places = {s: {Panorama().task(s, "walk", i, frames=12).place for i in range(20)} for s in SPLITS}
    assert places["test-in"] == places["train"]
    assert len(set.union(*places.values())) == sum(len(places[s]) for s in SPLITS if s != "test-in")


def test_an_unknown_kind_is_refused():
    with pytest.raises(TaskError, match="kind 'jump'"):
        Panorama().task("train", "jump", 0, frames=20)

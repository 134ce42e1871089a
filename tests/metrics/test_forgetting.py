import numpy as np
import pytest

from fpbench.metrics.forgetting import (
    Revisits,
    mirror_error,
    mirror_pairs,
    other_pose_pairs,
    revisit_pairs,
    revisits,
    rms_distance,
    ssim_distance,
)


def turn_and_back(steps):
    """Poses of a camera turning on the spot and turning back, (2 * steps - 1, 4)."""
    heading = np.concatenate([np.arange(steps), np.arange(steps - 2, -1, -1)]) * 0.2
    return np.stack([np.zeros_like(heading)] * 3 + [heading], axis=1)


def view(poses, memory=1.0, rng=None):
    """Frames that depend on the heading alone; with ``memory`` < 1 the way back is partly another scene."""
    rng = rng or np.random.default_rng(0)
    scenes = {round(h, 6): rng.integers(0, 256, (16, 24, 3)) for h in poses[:, 3]}
    other = {heading: rng.integers(0, 256, (16, 24, 3)) for heading in scenes}
    half = len(poses) // 2
    frames = [
        scenes[round(h, 6)] if t <= half else memory * scenes[round(h, 6)] + (1 - memory) * other[round(h, 6)]
        for t, h in enumerate(poses[:, 3])
    ]
    return np.asarray(frames).astype(np.uint8)


def test_pairs_of_equal_pose_are_those_the_camera_left():
    poses = turn_and_back(5)
    assert revisit_pairs(poses).tolist() == [[3, 5], [2, 6], [1, 7], [0, 8]]
    assert revisit_pairs(poses, min_lag=5).tolist() == [[1, 7], [0, 8]]
    assert revisit_pairs(np.zeros((6, 4))).shape == (0, 2)  # standing still is no return
    full_turn = np.zeros((9, 4))
    full_turn[:, 3] = np.arange(9) * np.pi / 4
    assert revisit_pairs(full_turn).tolist() == [[0, 8]]


def test_waiting_at_the_place_takes_the_last_frame_before_leaving():
    poses = np.zeros((6, 4))
    poses[3, 0] = 1
    assert revisit_pairs(poses).tolist() == [[2, 4], [2, 5]]


@pytest.mark.parametrize("frames", [2, 7, 8])
def test_mirror_pairs(frames):
    pairs = mirror_pairs(frames)
    assert np.all(pairs.sum(axis=1) == frames - 1)
    assert np.all(pairs[:, 1] - pairs[:, 0] >= 2)
    assert len(pairs) == (frames - 1) // 2


def test_the_baseline_looks_elsewhere_and_is_seeded():
    poses = turn_and_back(9)
    pairs = revisit_pairs(poses)
    others = other_pose_pairs(poses, pairs, apart=1.0, turn=0.5, seed=3)
    found = others[:, 0] >= 0
    gap = poses[others[found, 0], 3] - poses[others[found, 1], 3]
    assert np.all(np.abs(gap) >= 0.5)
    assert np.array_equal(others, other_pose_pairs(poses, pairs, apart=1.0, turn=0.5, seed=3))
    assert np.all(other_pose_pairs(poses, pairs, apart=1.0, turn=9.0)[:, 0] == -1)


@pytest.mark.parametrize(("memory", "low", "high"), [(1.0, 1.0, 1.0), (0.5, 0.3, 0.8), (0.0, -0.15, 0.15)])
def test_memory_runs_from_one_for_a_perfect_return_to_nought(memory, low, high):
    poses = turn_and_back(12)
    pairs = revisit_pairs(poses)
    others = other_pose_pairs(poses, pairs, apart=1.0)
    found = revisits(view(poses, memory), pairs, others, rms_distance, edges=[2, 8, 16, 30])
    assert all(low <= value <= high for value in found.memory)
    assert sum(found.pairs) == np.sum(others[:, 0] >= 0)


def test_bins_and_excess_by_hand():
    video = np.zeros((6, 12, 12, 3), np.uint8)
    video[3:] = 30
    video[5] = 90
    pairs, others = np.array([[0, 2], [1, 5]]), np.array([[0, 3], [4, 5]])
    found = revisits(video, pairs, others, rms_distance, edges=[1, 3, 9])
    assert found == Revisits(lag=(2.0, 4.0), error=(0.0, 90.0), baseline=(30.0, 60.0), pairs=(1, 1))
    assert found.excess == (-30, 30)
    assert found.memory == (1, -0.5)


def test_a_clip_that_never_changes_has_no_memory_score():
    video = np.zeros((4, 12, 12, 3), np.uint8)
    found = revisits(video, np.array([[0, 3]]), np.array([[1, 3]]), rms_distance, edges=[1, 9])
    assert np.isnan(found.memory[0])
    assert revisits(video, np.empty((0, 2), int), np.empty((0, 2), int), rms_distance, edges=[1, 9]).pairs == ()


def test_mirror_error_of_a_retraced_walk(make_pan):
    walk = make_pan(8, step=4.0)
    assert mirror_error(np.concatenate([walk, walk[::-1]]), ssim_distance) == pytest.approx(0, abs=1e-12)
    assert mirror_error(np.concatenate([walk, walk]), ssim_distance) > 0.1
    assert np.isnan(mirror_error(walk[:1], ssim_distance))

import numpy as np
import pytest

from fpbench.metrics.card import Card
from fpbench.metrics.features import Encoder, FeatureStream, OnFeatures, Seen, consistency, first_similarity
from fpbench.metrics.frame import Clip


class Counting:
    """An encoder of mean colours that remembers its batches."""

    def __init__(self, batch=4, grid=False):
        self.batches = []
        self.encoder = Encoder(f"counting-{id(self)}", lambda rgb: rgb.mean((0, 1)), self.load, batch, grid)

    def load(self):
        def features(pictures):
            self.batches.append(len(pictures))
            return pictures.astype(np.float32)

        return features


def metric(encoder, value=first_similarity):
    card = Card("x", version=1, direction="up", unit="", range=(0, 1), group="g", doc="d")
    return OnFeatures(card, encoder, value)


def run(clip, frames, *metrics):
    meters = [one.meter(clip) for one in metrics]
    for index, rgb in enumerate(frames):
        frame = clip.add(rgb, index)
        for meter in meters:
            meter.update(frame)
    return [meter.compute() for meter in meters]


def test_two_metrics_on_one_encoder_encode_every_frame_once_in_batches(rng):
    frames = rng.integers(0, 256, (10, 8, 8, 3)).astype(np.uint8)
    counting = Counting()
    near, far = run(Clip(8, 8, 8.0), frames, metric(counting.encoder), metric(counting.encoder, consistency))
    assert counting.batches == [4, 4, 2]
    units = frames.mean((1, 2)) / np.linalg.norm(frames.mean((1, 2)), axis=1, keepdims=True)
    assert near[1].tolist() == far[1].tolist() == list(range(1, 10))
    assert near[0] == pytest.approx(units[1:] @ units[0], rel=1e-5)
    assert far[0] == pytest.approx(((units[1:] * units[:-1]).sum(1) + units[1:] @ units[0]) / 2, rel=1e-5)


def test_a_grid_encoder_sees_eight_frames_a_second(rng):
    frames = rng.integers(0, 256, (10, 8, 8, 3)).astype(np.uint8)
    counting = Counting(grid=True)
    ((_, index),) = run(Clip(8, 8, 24.0), frames, metric(counting.encoder))
    assert index.tolist() == [3, 6, 9]
    assert sum(counting.batches) == 4


def test_opposed_features_count_as_unlike_not_as_negative():
    seen = Seen(np.array([1.0, 0]), np.array([-1.0, 0]), np.array([-1.0, 0]), None)
    assert consistency(seen) == 0
    assert first_similarity(seen) == -1


def test_streams_of_two_clips_are_apart():
    counting = Counting()
    assert FeatureStream.of(Clip(8, 8, 8.0), counting.encoder) is not FeatureStream.of(
        Clip(8, 8, 8.0), counting.encoder
    )

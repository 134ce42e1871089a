"""Corruptions must be visible when obvious, weaker when mild, and repeatable."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from fpbench.preference.corrupt import CORRUPTIONS, corrupt
from fpbench.preference.errors import StudyError


@pytest.fixture(scope="module")
def clip() -> NDArray[np.uint8]:
    """A textured square drifting right: 24 frames of 32 x 48."""
    texture = np.random.default_rng(0).integers(40, 200, (32, 48, 3))
    return np.stack([np.roll(texture, 2 * k, axis=1) for k in range(24)]).astype(np.uint8)


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_obvious_is_worse_than_mild_and_both_are_damage(name: str, clip: NDArray[np.uint8]) -> None:
    before = clip.copy()
    error = []
    for grade in ("mild", "obvious"):
        broken = corrupt(clip, f"{name}:{grade}")
        assert (broken.shape, broken.dtype) == (clip.shape, clip.dtype)
        assert (broken == corrupt(clip, f"{name}:{grade}")).all()
        error.append(np.abs(broken.astype(float) - clip).mean())
    assert 0 < error[0] < error[1]
    assert error[1] > 5
    assert (clip == before).all()


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_damage_grows_so_the_first_frame_is_intact(name: str, clip: NDArray[np.uint8]) -> None:
    assert (corrupt(clip, f"{name}:obvious")[0] == clip[0]).all()


@pytest.mark.parametrize("recipe", ["melt:obvious", "freeze:slightly", "freeze"])
def test_unknown_recipes_are_named(recipe: str, clip: NDArray[np.uint8]) -> None:
    with pytest.raises(StudyError, match=recipe):
        corrupt(clip, recipe)


def test_a_still_cannot_be_corrupted(clip: NDArray[np.uint8]) -> None:
    with pytest.raises(StudyError, match="1 frames"):
        corrupt(clip[:1], "freeze:mild")

"""Codebooks: nearest centroids by brute force, the two limits, and a fit against separated clusters."""

import pytest
import torch

from fpbench.framepack import PackError
from fpbench.framepack.discretize import Codebook, explained_variance, fit


def normal(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def test_indices_are_the_nearest_centroids() -> None:
    frames, codebook = normal(2, 3, 4, 5, 6), Codebook(normal(7, 4, seed=1))
    brute = (frames.movedim(2, -1)[..., None, :] - codebook.centroids).square().sum(-1).argmin(-1)
    assert torch.equal(codebook.indices(frames), brute)
    assert codebook.indices(frames).shape == (2, 3, 5, 6)
    assert torch.equal(codebook(frames), codebook.lookup(brute))


def test_one_centroid_forgets_everything() -> None:
    codebook = fit([normal(50, 4)], 1)
    torch.testing.assert_close(codebook.centroids[0], normal(50, 4).mean(0))
    assert torch.equal(codebook(normal(3, 4, 2, 2)), codebook(normal(3, 4, 2, 2, seed=1)))
    assert explained_variance(codebook, [normal(50, 4)]) == pytest.approx(0, abs=1e-6)


def test_a_centroid_for_every_pixel_changes_nothing() -> None:
    frames = normal(3, 4, 5, 6)
    codebook = Codebook(frames.movedim(1, -1).reshape(-1, 4))
    assert torch.equal(codebook(frames), frames)
    assert explained_variance(codebook, [frames.movedim(1, -1).reshape(-1, 4)]) == pytest.approx(1)


def test_separated_clusters_are_found_from_a_stream() -> None:
    centres = torch.eye(6) * 10
    batches = [centres[torch.arange(120) % 6] + 0.1 * normal(120, 6, seed=i) for i in range(5)]
    codebook = fit(batches, 6, seed=3)
    distance = torch.cdist(centres, codebook.centroids)
    assert distance.min(1).values.max() < 0.1
    assert sorted(distance.argmin(1).tolist()) == list(range(6))


def test_centroids_are_the_means_of_what_they_win() -> None:
    # From the second pass on, a single batch is Lloyd's algorithm with memory: the fixed point is the same.
    points = torch.cat([normal(200, 2) - 8, normal(200, 2, seed=1) + 8])
    codebook = fit([points] * 40, 2)
    means = torch.stack([points[:200].mean(0), points[200:].mean(0)])
    torch.testing.assert_close(codebook.centroids[codebook.centroids[:, 0].argsort()], means)


def test_more_centroids_explain_more() -> None:
    data = [normal(2000, 4, seed=i) for i in range(4)]
    shares = [explained_variance(fit(data, size), data) for size in (2, 8, 32, 128)]
    assert shares == sorted(shares)
    assert 0.1 < shares[0] < shares[-1] < 1


def test_no_centroid_is_idle() -> None:
    first, rest = torch.zeros(64, 2), normal(2000, 2)
    codebook = fit([first, rest, rest], 16)
    assert len(torch.unique(codebook.indices(rest.T[..., None]))) == 16


@pytest.mark.parametrize("size", [0, 51])
def test_too_few_points_are_refused(size: int) -> None:
    with pytest.raises(PackError, match="centroids"):
        fit([normal(50, 4)], size)


def test_other_latents_are_refused() -> None:
    with pytest.raises(PackError, match="4 channels cannot quantise latents of 16 channels"):
        Codebook(normal(7, 4))(normal(2, 16, 3, 3))

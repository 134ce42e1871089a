"""The autoencoder: its linear start, its shapes, its inverse."""

import numpy as np
import torch
from torch.nn import functional as F

from fpbench.models.autoencoder import PATCH, Autoencoder, AutoencoderConfig, to_tensor, to_uint8

SMALL = AutoencoderConfig(latent=6, encoder=(4, 8), decoder=(8, 4, 4))


def pictures(n: int = 8) -> torch.Tensor:
    rng = torch.Generator().manual_seed(0)
    coarse = torch.rand(n, 3, 8, 12, generator=rng) * 2 - 1
    return F.interpolate(coarse, size=(64, 96), mode="bilinear")


def test_it_starts_as_the_best_linear_codec() -> None:
    images = pictures()
    model = Autoencoder(SMALL)
    model.start_from_principal_components(images)
    patches = F.pixel_unshuffle(images, PATCH).movedim(1, -1).flatten(0, 2).double()
    centred = patches - patches.mean(0)
    kept = torch.linalg.svdvals(centred)[: SMALL.latent].square().sum() / centred.square().sum()
    made = model.paint(model.raw(images))
    error = (made - images).square().sum() / centred.square().sum()
    torch.testing.assert_close(1 - error.double(), kept, atol=1e-4, rtol=0)


def test_latents_of_its_own_images_are_normalised() -> None:
    images = pictures()
    model = Autoencoder(SMALL)
    model.start_from_principal_components(images)
    model.normalise(images)
    latents = model.encode(images[None])[0]
    torch.testing.assert_close(latents.mean((0, 2, 3)), torch.zeros(6), atol=1e-4, rtol=0)
    torch.testing.assert_close(latents.std((0, 2, 3)), torch.ones(6), atol=1e-3, rtol=0)


def test_shapes_and_chunks_do_not_matter() -> None:
    model = Autoencoder(SMALL).eval()
    video = np.random.default_rng(0).integers(0, 256, (7, 64, 96, 3), dtype=np.uint8)
    latents = model.encode(to_tensor(video))
    assert latents.shape == (7, 6, 8, 12)
    assert np.array_equal(model.paint_video(latents, chunk=3), model.paint_video(latents, chunk=7))
    assert model.reconstruct(video, chunk=4).shape == video.shape


def test_uint8_round_trip_is_exact() -> None:
    video = np.arange(256, dtype=np.uint8).repeat(3).reshape(1, 16, 16, 3)
    assert np.array_equal(to_uint8(to_tensor(video)), video)

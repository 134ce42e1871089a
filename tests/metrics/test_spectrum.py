import cv2
import numpy as np
import pytest

from fpbench.metrics.spectrum import hf_share, power_spectrum, spec_slope


def power_law(exponent, shape, rng):
    frequency = np.hypot(np.fft.fftfreq(shape[0])[:, None], np.fft.fftfreq(shape[1])[None])
    frequency[0, 0] = 1
    amplitude = frequency ** (exponent / 2)
    phases = np.fft.fft2(rng.normal(size=shape))
    image = np.fft.ifft2(phases * amplitude).real
    return np.clip(128 + 40 * image / image.std(), 0, 255).astype(np.uint8)


@pytest.mark.parametrize("shape", [(64, 96), (128, 128)])
@pytest.mark.parametrize("exponent", [-1, -2, -3])
def test_recovers_the_exponent_of_power_law_noise(rng, exponent, shape):
    slopes = [spec_slope(power_law(exponent, shape, rng)) for _ in range(12)]
    assert np.mean(slopes) == pytest.approx(exponent, abs=0.15)


@pytest.mark.parametrize("frequency", [0.1, 0.4])
def test_a_grating_lies_on_its_side_of_a_quarter_cycle(frequency):
    wave = 100 * np.sin(2 * np.pi * frequency * np.arange(96))
    luma = np.tile(128 + wave, (64, 1)).astype(np.uint8)
    assert hf_share(luma) == pytest.approx(float(frequency > 0.25), abs=0.01)


@pytest.mark.parametrize("shape", [(64, 96), (63, 97)])
def test_share_counts_every_coefficient_of_the_full_plane(rng, shape):
    luma = rng.integers(0, 256, shape, dtype=np.uint8)
    window = np.outer(np.hanning(shape[0]), np.hanning(shape[1]))
    full = np.abs(np.fft.fft2((luma - luma.mean()) * window)) ** 2
    high = np.hypot(np.fft.fftfreq(shape[0])[:, None], np.fft.fftfreq(shape[1])[None]) > 0.25
    assert hf_share(luma) == pytest.approx(full[high].sum() / full.sum(), rel=1e-5)


@pytest.mark.parametrize("shape", [(64, 96), (63, 97)])
def test_slope_is_a_straight_line_fitted_to_the_full_planes_rings(rng, shape):
    """Power by NumPy's full transform, rings by hand, the line by polyfit."""
    luma = rng.integers(0, 256, shape, dtype=np.uint8)
    window = np.outer(np.hanning(shape[0]), np.hanning(shape[1]))
    power = np.abs(np.fft.fft2((luma - luma.mean()) * window)) ** 2
    frequency = np.hypot(np.fft.fftfreq(shape[0])[:, None], np.fft.fftfreq(shape[1])[None])
    side = min(shape)
    ring, inside = np.rint(frequency * side), frequency <= 0.5
    rings = np.arange(4, ring[inside].max() + 1)
    means = [power[inside & (ring == number)].mean() for number in rings]
    assert spec_slope(luma) == pytest.approx(np.polyfit(np.log(rings / side), np.log(means), 1)[0], rel=1e-4)


def test_exposure_leaves_both_alone_and_blur_lowers_them(photo):
    dark, soft = photo // 2, cv2.GaussianBlur(photo, (0, 0), 2)
    assert spec_slope(dark) == pytest.approx(spec_slope(photo), abs=0.05)
    assert spec_slope(soft) < spec_slope(photo) - 1
    assert hf_share(soft) < hf_share(photo) / 2


def test_flat_frame_has_neither():
    flat = np.full((64, 96), 60, np.uint8)
    assert power_spectrum(flat).max() == 0
    assert np.isnan(spec_slope(flat))
    assert np.isnan(hf_share(flat))

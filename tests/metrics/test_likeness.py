import numpy as np
import pytest
from skimage import data

from fpbench.metrics import measure
from fpbench.metrics.likeness import SECONDS
from fpbench.metrics.loops import lag_curve, signature
from fpbench.metrics.specimens import slide

NAMES = [f"likeness_{seconds}s" for seconds in SECONDS]


@pytest.mark.parametrize("fps", [8, 24])
def test_the_points_are_those_of_the_whole_curve(make_pan, fps):
    video = make_pan(4 * fps + 20, 32, 48)
    step = fps // 8
    found = measure(np.array_split(video, 5), fps=fps, metrics=NAMES)
    signatures = np.stack([signature(frame) for frame in video[::step]])
    for name, seconds in zip(NAMES, SECONDS, strict=True):
        expected = lag_curve(signatures, [8 * seconds])[0]
        assert found[name].mean == pytest.approx(expected, abs=1e-6, nan_ok=True)
    assert found["likeness_4s"].index.tolist() == list(range(4 * fps, len(video), step))
    assert found["likeness_16s"].coverage == 0


def test_a_pan_is_less_alike_the_longer_it_goes_on_and_a_still_is_not():
    pan = slide(np.asarray(data.coffee(), np.uint8), frames=40, step=0.5)
    moving, still = (measure([video], fps=8, metrics=NAMES) for video in (pan, np.repeat(pan[:1], 40, axis=0)))
    assert moving["likeness_4s"].mean < moving["likeness_1s"].mean < 0.99
    assert still["likeness_4s"].mean == pytest.approx(1, abs=1e-6)

import cv2
import numpy as np
import pytest
import torch
from skimage import data

from fpbench.metrics import measure
from fpbench.metrics.efficientnet import EFFICIENTNET, efficientnet_distance
from fpbench.metrics.features import encode
from fpbench.weights.efficientnet import load_efficientnet


@pytest.mark.parametrize(("photograph", "cls"), [("chelsea", 285), ("coffee", 967)])  # Egyptian cat, espresso
def test_a_photograph_is_recognised_so_every_tensor_is_in_its_place(photograph, cls):
    picture = cv2.resize(getattr(data, photograph)(), (224, 224), interpolation=cv2.INTER_AREA)
    with torch.inference_mode():
        logits = load_efficientnet()((torch.from_numpy(picture).permute(2, 0, 1)[None].float() - 127) / 128)
    assert logits.softmax(1)[0, cls] > 0.5


def test_features_are_those_before_the_classifier(clip):
    model = load_efficientnet()
    picture = cv2.resize(clip[0], (224, 224), interpolation=cv2.INTER_LINEAR)
    tensor = (torch.from_numpy(picture).permute(2, 0, 1)[None].float() - 127) / 128
    with torch.inference_mode():
        expected = model.forward_head(model.forward_features(tensor), pre_logits=True)[0].numpy()
    np.testing.assert_allclose(encode(EFFICIENTNET, clip[:1])[0], expected, atol=1e-5)


def test_similarity_to_the_first_frame_is_the_cosine_on_the_motion_grid(clip):
    series = measure([clip], fps=24, metrics=["first_efficientnet"])["first_efficientnet"]
    assert series.index.tolist() == list(range(3, 24, 3))
    first = np.repeat(clip[:1], len(series.index), axis=0)
    assert 1 - series.values == pytest.approx(efficientnet_distance(first, clip[series.index]), abs=1e-5)
    assert efficientnet_distance(clip[:1], clip[:1])[0] == pytest.approx(0, abs=1e-6)

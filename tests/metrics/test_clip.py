import dataclasses
import json

import numpy as np
import open_clip
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from fpbench.errors import PreflightError
from fpbench.metrics import clip as metric
from fpbench.metrics import features, measure
from fpbench.weights import clip as weights

TINY = {
    "embed_dim": 768,
    "quick_gelu": True,
    "vision_cfg": {"image_size": 224, "layers": 1, "width": 64, "patch_size": 56},
    "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": 64, "heads": 1, "layers": 1},
}


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    """A CLIP of one layer with random weights and a random aesthetic head, laid down as a user would."""
    folder = tmp_path_factory.mktemp("weights")
    (folder / "fpbench-tiny.json").write_text(json.dumps(TINY))
    open_clip.add_model_config(folder / "fpbench-tiny.json")
    torch.manual_seed(0)
    model = open_clip.create_model("fpbench-tiny", pretrained=None).eval()
    head = {"weight": torch.randn(1, 768), "bias": torch.randn(1)}
    for trunk in weights.FILES:
        save_file(model.state_dict(), folder / f"{trunk}.safetensors")
    torch.save(head, folder / "aesthetic-laion-v1.pth")
    return folder, model, head


@pytest.fixture
def installed(tiny, monkeypatch):
    folder, model, head = tiny
    monkeypatch.setenv("FPBENCH_WEIGHTS", str(folder))
    monkeypatch.setattr(weights, "ARCHITECTURES", dict.fromkeys(weights.FILES, "fpbench-tiny"))
    monkeypatch.setattr(weights, "AESTHETIC", dataclasses.replace(weights.AESTHETIC, sha256=""))
    caches = (metric._model, metric._text, metric._head, features.network)
    for cached in caches:
        cached.cache_clear()
    yield model, head
    for cached in caches:
        cached.cache_clear()


def reference_features(model, video):
    """Features by open_clip's own normalisation, after VBench's resize by torch alone."""
    pictures = torch.from_numpy(video).permute(0, 3, 1, 2).float()
    height, width = video.shape[1:3]
    size = (224, int(224 * width / height))
    small = torch.nn.functional.interpolate(pictures, size, mode="bicubic").clamp(0, 255).round()
    left = round((size[1] - 224) / 2)
    normalise = open_clip.image_transform(224, is_train=False).transforms[-1]
    with torch.no_grad():
        return model.encode_image(normalise(small[..., left : left + 224] / 255), normalize=True).numpy()


def test_all_metrics_of_clip_against_a_reference_with_one_encoding_per_trunk(installed, clip, monkeypatch):
    model, head = installed
    video, prompt = clip[:5], "a camera slides over a photograph"
    encoded = []
    plain = type(model).encode_image
    monkeypatch.setattr(type(model), "encode_image", lambda self, x, **k: encoded.append(len(x)) or plain(self, x, **k))
    found = measure([video], fps=8, metrics=["clip", "clip_text"], prompt=prompt)
    assert encoded == [5, 5]  # once ViT-L/14, once ViT-B/32
    f = reference_features(model, video)
    score = (f @ head["weight"][0].numpy() + head["bias"].numpy()) / 10
    assert found["aesthetic_laion_v1"].values == pytest.approx(score, abs=1e-4)
    assert found["clip_first"].values == pytest.approx(f[1:] @ f[0], abs=1e-4)
    background = (np.maximum(0, (f[1:] * f[:-1]).sum(1)) + np.maximum(0, f[1:] @ f[0])) / 2
    assert found["background_clip"].values == pytest.approx(background, abs=1e-4)
    with torch.no_grad():
        text = model.encode_text(open_clip.tokenize([prompt]), normalize=True)[0].numpy()
    assert found["clip_text"].values == pytest.approx(f @ text, abs=1e-4)


def test_without_a_prompt_nothing_agrees_with_it(installed, clip):
    assert len(measure([clip[:2]], fps=8, metrics=["clip_text"])["clip_text"].values) == 0


def test_preparing_is_resizing_and_cropping_as_clip_does_but_for_the_filter(clip):
    ours = metric.prepare(clip[0]).transpose(1, 2, 0).astype(float)
    theirs = open_clip.image_transform(224, is_train=False).transforms[:2]
    picture = Image.fromarray(clip[0])
    for step in theirs:
        picture = step(picture)
    assert np.abs(ours - np.asarray(picture)).mean() < 1  # enlarged, so no antialiasing is involved


def test_weights_of_another_network_are_refused(installed, monkeypatch):
    monkeypatch.setattr(weights, "ARCHITECTURES", dict.fromkeys(weights.FILES, "ViT-S-32-alt"))
    with pytest.raises(PreflightError, match=r"clip-vit-b-32\.safetensors does not fit"):
        weights.load_clip("clip-vit-b-32")


def test_the_openai_weights_get_the_activation_they_were_trained_with():
    assert all(open_clip.get_model_config(name)["quick_gelu"] for name in weights.ARCHITECTURES.values())


def test_the_head_is_the_one_of_the_release():
    assert weights.AESTHETIC.sha256.startswith("2cd4e60f")
    assert weights.AESTHETIC.source.endswith("sa_0_4_vit_l_14_linear.pth")

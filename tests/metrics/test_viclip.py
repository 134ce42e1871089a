"""A small ViCLIP with random weights: which numbers they are does not decide whether the arithmetic is right.

VBench's own towers are compared by ``tests/benchmarks/vbench_parity.py``.
"""

import math

import numpy as np
import open_clip
import pytest
import torch
from torch.nn import functional as F

from fpbench.errors import PreflightError
from fpbench.metrics import catalog, measure, viclip
from fpbench.metrics.clip import normalised, prepare
from fpbench.weights.backends import lacking
from fpbench.weights.viclip import load_viclip
from fpbench.weights.video_tower import ViCLIP, VideoTower, text_tower

PROMPT = "a camera slides over a photograph of an astronaut"


def small():
    vision = VideoTower(patch=56, width=32, layers=2, heads=2, dimensions=24)
    return ViCLIP(vision, text_tower(width=24, heads=2, layers=1))


@pytest.fixture
def model(tmp_path, monkeypatch):
    torch.manual_seed(0)
    made = small().eval()
    for parameter in made.parameters():
        parameter.data.normal_(0, 0.3)
    torch.save({"model": made.state_dict()}, tmp_path / "viclip-l-14.pth")
    monkeypatch.setenv("FPBENCH_WEIGHTS", str(tmp_path))
    monkeypatch.setattr("fpbench.weights.video_tower.viclip_l14", small)
    for one in (viclip._network, viclip._text):
        one.cache_clear()
    yield made
    for one in (viclip._network, viclip._text):
        one.cache_clear()


def attend(x, weights, block, heads, mask=None):
    """A residual attention block of CLIP written out, (tokens, width)."""
    w = {name.removeprefix(f"{block}."): tensor for name, tensor in weights.items() if name.startswith(f"{block}.")}

    def norm(y, name):
        return F.layer_norm(y, y.shape[-1:], w[f"{name}.weight"], w[f"{name}.bias"])

    q, k, v = (norm(x, "ln_1") @ w["attn.in_proj_weight"].T + w["attn.in_proj_bias"]).chunk(3, -1)
    q, k, v = (part.unflatten(-1, (heads, -1)).transpose(0, 1) for part in (q, k, v))
    scores = q @ k.transpose(1, 2) / math.sqrt(q.shape[-1])
    mixed = (scores if mask is None else scores + mask).softmax(-1) @ v
    x = x + mixed.transpose(0, 1).flatten(1) @ w["attn.out_proj.weight"].T + w["attn.out_proj.bias"]
    hidden = norm(x, "ln_2") @ w["mlp.c_fc.weight"].T + w["mlp.c_fc.bias"]
    return x + (hidden * torch.sigmoid(1.702 * hidden)) @ w["mlp.c_proj.weight"].T + w["mlp.c_proj.bias"]


def video_by_hand(w, frames):
    """Patches cut out of (8, 3, 224, 224) one by one; the start token stands in front of all of them."""
    tokens = [w["class_embedding"] + w["positional_embedding"][0]]
    for t, frame in enumerate(frames):
        for place in range(16):
            row, column = divmod(place, 4)
            patch = frame[:, 56 * row : 56 * row + 56, 56 * column : 56 * column + 56]
            token = w["conv1.weight"].flatten(1) @ patch.flatten()
            where, when = w["positional_embedding"][place + 1], w["temporal_positional_embedding"][0, t]
            tokens.append(token + where + when)
    x = F.layer_norm(torch.stack(tokens), (32,), w["ln_pre.weight"], w["ln_pre.bias"])
    for layer in range(2):
        x = attend(x, w, f"transformer.resblocks.{layer}", 2)
    return F.layer_norm(x[0], (32,), w["ln_post.weight"], w["ln_post.bias"]) @ w["proj"]


def text_by_hand(w, prompt):
    words = open_clip.tokenize([prompt])[0]
    count = int((words != 0).sum())
    x = w["token_embedding.weight"][words[:count]] + w["positional_embedding"][:count]
    mask = torch.full((count, count), float("-inf")).triu(1)
    x = attend(x, w, "transformer.resblocks.0", 2, mask)[-1]
    return F.layer_norm(x, (24,), w["ln_final.weight"], w["ln_final.bias"]) @ w["text_projection"]


def parts(model):
    state = model.state_dict()
    return (
        {n.removeprefix(f"{part}."): tensor for n, tensor in state.items() if n.startswith(f"{part}.")}
        for part in ("vision_encoder", "text_encoder")
    )


def test_it_is_the_cosine_of_eight_frames_and_the_prompt(model, make_pan):
    video = make_pan(21)
    vision, text = parts(model)
    frames = normalised(np.stack([prepare(video[t]) for t in (0, 3, 5, 8, 11, 13, 16, 19)]))
    expected = F.cosine_similarity(video_by_hand(vision, frames), text_by_hand(text, PROMPT), dim=0)
    found = measure([video], fps=24, metrics=["semantic_viclip"], prompt=PROMPT)["semantic_viclip"]
    assert found.index.tolist() == [20]
    assert found.values == pytest.approx([float(expected)], abs=1e-4)


def test_a_long_prompt_is_cut_and_keeps_its_end(model):
    _, tokenizer = load_viclip()
    tokens = tokenizer([" ".join(["rain"] * 50)])[0]
    assert (len(tokens), int(tokens.argmax())) == (32, 31)


@pytest.mark.parametrize(
    ("count", "expected"),
    [(8, range(8)), (16, range(0, 16, 2)), (21, (0, 3, 5, 8, 11, 13, 16, 19)), (3, (0, 1, 2, 2, 2, 2, 2, 2))],
)
def test_frames_are_the_middles_of_eight_equal_parts(count, expected):
    assert viclip.middles(count).tolist() == list(expected)


@pytest.mark.parametrize("count", [256, 257, 900, 5000])
def test_what_is_kept_of_a_long_clip_is_bounded_and_lies_near_vbenchs_frames(count, monkeypatch):
    """Frames that carry their own number, all of which a tower of one place hands back."""
    handed = []
    tower = type("Tower", (), {"vision_encoder": lambda self, x: handed.append(x) or torch.ones(1, 2)})()
    monkeypatch.setattr(viclip, "_network", lambda: (tower, None))
    monkeypatch.setattr(viclip, "_text", lambda prompt: np.ones(2, np.float32))
    monkeypatch.setattr(viclip, "prepare", lambda rgb: np.full((1, 1, 1), rgb, np.int64))
    monkeypatch.setattr(viclip, "normalised", torch.from_numpy)
    meter = viclip.SemanticMeter("anything")
    for index in range(count):
        meter.update(type("Frame", (), {"index": index, "rgb": index})())
        assert len(meter._kept) <= viclip.KEPT
    meter.compute()
    off = np.abs(handed[0].flatten().numpy() - viclip.middles(count))
    assert off.max() <= (0 if count <= 256 else count / 256)


def test_without_a_prompt_nothing_is_kept(model, make_pan):
    assert len(measure([make_pan(4)], fps=24, metrics=["semantic_viclip"])["semantic_viclip"].values) == 0


def test_other_weights_are_refused_and_missing_ones_named(model, tmp_path, monkeypatch):
    torch.save({"model": {"temp": torch.zeros(())}}, tmp_path / "viclip-l-14.pth")
    with pytest.raises(PreflightError, match="does not fit ViCLIP-L/14: "):
        load_viclip()
    (tmp_path / "viclip-l-14.pth").unlink()
    lacking.cache_clear()
    reason = catalog.skipped(["semantic_viclip"], truth=False)["semantic_viclip"]
    lacking.cache_clear()
    assert "fpbench doctor --fetch viclip-l-14 (1.7 GB)" in reason

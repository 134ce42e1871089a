"""Motion and Semantic against VBench's own code, on random weights: the largest differences.

    pip install --no-deps vbench==0.1.5 einops
    python tests/benchmarks/vbench_parity.py

What VBench imports and these functions do not use is stood in for; its tokenizer, whose words are a download, too.
"""

from __future__ import annotations

import importlib
import os
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import torch
from PIL import Image
from safetensors.torch import save_file

from fpbench.metrics import measure, viclip
from fpbench.metrics.specimens import specimens
from fpbench.weights.packaged import bare
from fpbench.weights.video_tower import VideoTower, text_tower, viclip_l14

UNUSED = ("omegaconf", "decord", "vbench.distributed", "vbench.third_party.ViCLIP.simple_tokenizer")


@contextmanager
def vbench() -> Iterator[None]:
    """Modules of vbench can be imported."""
    from open_clip.tokenizer import SimpleTokenizer  # after fpbench, which makes torchvision importable

    with bare("vbench"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in UNUSED:
            stub = ModuleType(name)
            vars(stub)["__getattr__"] = lambda _: SimpleTokenizer
            sys.modules[name] = stub
        packaging = ModuleType("pkg_resources")
        vars(packaging)["packaging"] = importlib.import_module("packaging")
        importlib.import_module("packaging.version")
        sys.modules.setdefault("pkg_resources", packaging)
        yield


def randomise(model: torch.nn.Module) -> torch.nn.Module:
    """Every parameter drawn anew, with a spread at which activations neither vanish nor saturate."""
    for parameter in model.parameters():
        parameter.data.normal_(0, 0.2)
    return model.eval()


def motion(folder: Path) -> float:
    """``motion_amt`` against ``MotionSmoothness.motion_score`` of the same six frames."""
    with vbench():
        theirs = importlib.import_module("vbench.motion_smoothness").MotionSmoothness
        model = importlib.import_module("vbench.third_party.amt.networks.AMT-S").Model().eval()
    save_file(model.state_dict(), folder / "amt-s.safetensors")
    video = np.stack([np.asarray(Image.fromarray(frame).resize((210, 140))) for frame in specimens(1)[0][:6]])
    frames = folder / "frames"
    frames.mkdir()
    for number, frame in enumerate(video):
        Image.fromarray(frame).save(frames / f"{number}.png")
    reference = theirs.__new__(theirs)  # its constructor reads a configuration and a checkpoint
    vars(reference).update(device="cpu", niters=1, model=model)
    reference.initialization()
    found = measure([video], fps=24, metrics=["motion_amt"])["motion_amt"].mean
    return abs(found - reference.motion_score(str(frames)))


def towers() -> tuple[float, float]:
    """The video tower and the text tower, two layers each."""
    from open_clip.tokenizer import SimpleTokenizer

    with vbench():
        vision = importlib.import_module("vbench.third_party.ViCLIP.viclip_vision").VisionTransformer
        text = importlib.import_module("vbench.third_party.ViCLIP.viclip_text").CLIP_TEXT
    theirs = randomise(vision(224, 56, 64, 2, 2, output_dim=32))
    ours = VideoTower(patch=56, width=64, layers=2, heads=2, dimensions=32).eval()
    ours.load_state_dict(theirs.state_dict())
    words = randomise(text(48, 32, 49408, 48, 2, 2, 0))
    own_words = text_tower(width=48, heads=2, layers=2).eval()
    own_words.load_state_dict(words.state_dict())
    video = torch.randn(2, 3, 8, 224, 224)
    tokens = SimpleTokenizer(context_length=32)(["a red truck", " ".join(["rain"] * 50)])
    with torch.no_grad():
        pairs = (ours(video), theirs(video)), (own_words(tokens), words(tokens))
    first, second = (float((a - b).abs().max() / b.abs().max()) for a, b in pairs)
    return first, second


def names() -> int:
    """Tensors of the published size whose name or shape differs."""
    with vbench():
        theirs = importlib.import_module("vbench.third_party.ViCLIP.viclip").ViCLIP(SimpleNamespace(), pretrain="")
    with torch.device("meta"):
        ours = viclip_l14()
    shapes = [{name: tensor.shape for name, tensor in model.state_dict().items()} for model in (ours, theirs)]
    return len(shapes[0].items() ^ shapes[1].items())


def sampling() -> int:
    """Clip lengths up to 2,000 frames for which other frames are chosen."""
    with vbench():
        chosen = importlib.import_module("vbench.utils").get_frame_indices
    return sum(list(viclip.middles(n)) != list(chosen(8, n, sample="middle")) for n in range(1, 2001))


def main() -> None:
    """Print one line for each part."""
    torch.manual_seed(0)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["FPBENCH_WEIGHTS"] = folder
        print(f"motion_amt: {motion(Path(folder)):.1e}")  # noqa: T201
    vision, text = towers()
    print(f"ViCLIP video tower: {vision:.1e}, text tower: {text:.1e}, relative")  # noqa: T201
    print(f"tensors of ViCLIP-L/14 with another name or shape: {names()}")  # noqa: T201
    print(f"frames chosen otherwise: {sampling()} of 2000 lengths")  # noqa: T201


if __name__ == "__main__":
    main()

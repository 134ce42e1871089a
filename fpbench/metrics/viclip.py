"""Semantic as VBench measures it: agreement of a clip with its prompt by ViCLIP, on 8 frames."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fpbench.metrics.card import Card, signs
from fpbench.metrics.clip import normalised, prepare
from fpbench.metrics.features import Feature, device
from fpbench.metrics.frame import Frame
from fpbench.metrics.meter import PerClip, Values

FRAMES = 8
KEPT = 256
"""Frames kept while a clip goes on, 150 kB each: all of a clip of so many, evenly spaced ones of a longer clip."""


@cache
def _network() -> tuple[Any, Any]:
    from fpbench.weights.viclip import load_viclip

    model, tokenizer = load_viclip()
    return model.to(device()), tokenizer


@cache
def _text(prompt: str) -> Feature:
    import torch

    model, tokenizer = _network()
    with torch.inference_mode():
        return _unit(model.text_encoder(tokenizer([prompt]).to(device()))[0])


def _unit(feature: Any) -> Feature:
    found = np.asarray(feature.float().cpu().numpy(), np.float32)
    return np.asarray(found / np.linalg.norm(found), np.float32)


def middles(count: int) -> NDArray[np.int64]:
    """VBench's 8 frames of a clip of ``count``: middles of equal intervals; the last repeated if there are fewer."""
    edges = np.linspace(0, count, min(FRAMES, count) + 1).astype(np.int64)
    found = (edges[:-1] + edges[1:] - 1) // 2
    return np.pad(found, (0, FRAMES - len(found)), mode="edge")


class SemanticMeter:
    """Keeps frames until the length of the clip is known; every other one of them goes whenever they are too many.

    So the frames seen are VBench's for clips of up to 256 frames, and within 1/256 of the clip's length of them beyond.
    """

    def __init__(self, prompt: str | None) -> None:
        self._prompt = prompt
        self._kept: list[NDArray[np.generic]] = []
        self._step, self._count = 1, 0

    def update(self, frame: Frame) -> None:
        """Take the next frame."""
        if self._prompt is None:
            return
        self._count = frame.index + 1
        if frame.index % self._step:
            return
        if len(self._kept) == KEPT:
            self._kept, self._step = self._kept[::2], 2 * self._step
            if frame.index % self._step:
                return
        self._kept.append(prepare(frame.rgb))

    def compute(self) -> Values:
        """One value for the clip, at its last frame; none without a prompt."""
        import torch

        if self._prompt is None or not self._kept:
            return np.empty(0), np.empty(0, np.int64)
        nearest = np.minimum(np.rint(middles(self._count) / self._step).astype(int), len(self._kept) - 1)
        frames = normalised(np.stack([self._kept[place] for place in nearest]))
        with torch.inference_mode():
            video = _network()[0].vision_encoder(frames.permute(1, 0, 2, 3)[None].to(device()))[0]
        return np.array([float(_unit(video) @ _text(self._prompt))]), np.array([self._count - 1], np.int64)


SEMANTIC = PerClip(
    Card(
        "semantic_viclip",
        version=1,
        direction="up",
        unit="",
        range=(-1, 1),
        group="viclip",
        doc="Semantic: VBench overall_consistency (ViCLIP), one number for a clip",
        formula="cos(v, g), v ViCLIP of 8 frames in the middles of 8 equal parts, g of the prompt cut to 30 tokens",
        needs=("prompt",),
        weights=("viclip-l-14",),
        signs=signs("retag 0"),
    ),
    lambda clip: SemanticMeter(clip.prompt),
)

"""Agreement with the prompt without CLIP: what an ImageNet classifier sees, put into words. A proxy, and called so."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fpbench.metrics.card import Card, signs
from fpbench.metrics.efficientnet import EFFICIENTNET
from fpbench.metrics.features import Feature, FeatureStream
from fpbench.metrics.frame import Frame
from fpbench.metrics.meter import PerClip, Values

_BATCH = 50


def embed(texts: Sequence[str]) -> Feature:
    """Sentence embeddings of unit length, (texts, 384): means over tokens, as Sentence-Transformers makes them."""
    import torch
    from torch.nn import functional as F

    model, tokenizer = _minilm()
    found = []
    for start in range(0, len(texts), _BATCH):
        coded = tokenizer.encode_batch(list(texts[start : start + _BATCH]))
        ids, mask = (torch.tensor([getattr(one, name) for one in coded]) for name in ("ids", "attention_mask"))
        with torch.inference_mode():
            states = model(input_ids=ids, attention_mask=mask).last_hidden_state
        weights = mask[..., None].to(states)
        found.append(F.normalize((states * weights).sum(1) / weights.sum(1), dim=1).numpy())
    return np.asarray(np.concatenate(found), np.float32)


@cache
def _minilm() -> tuple[Any, Any]:
    from fpbench.weights.minilm import load_minilm

    return load_minilm()


@cache
def _words() -> tuple[Feature, NDArray[np.float32], NDArray[np.float32]]:
    """Embeddings of the names of ImageNet's classes, (1000, 384), and the classifier's weight and bias."""
    from timm.data.imagenet_info import ImageNetInfo

    from fpbench.weights.efficientnet import load_efficientnet

    names, head = ImageNetInfo(), load_efficientnet().get_submodule("classifier").state_dict()
    labels = embed([names.index_to_description(number) for number in range(len(head["bias"]))])
    return labels, head["weight"].numpy(), head["bias"].numpy()


@cache
def _prompt(text: str) -> Feature:
    return np.asarray(embed([text])[0], np.float32)


def in_words(feature: Feature) -> Feature:
    """What EfficientNet-Lite0 takes a (1280,) feature for: embeddings of class names by their probability, (384,)."""
    labels, weight, bias = _words()
    logits = weight @ feature + bias
    likely = np.exp(logits - logits.max())
    return np.asarray(likely / likely.sum() @ labels, np.float32)


class ProxyMeter:
    """Compares the words for each encoded frame with a prompt."""

    def __init__(self, stream: FeatureStream, prompt: str | None) -> None:
        self._stream, self._prompt = stream, prompt
        self._values: list[float] = []
        self._index: list[int] = []
        if prompt is not None:
            stream.listen(self._take)

    def update(self, frame: Frame) -> None:
        """Take the next frame; the stream keeps it until its batch is full."""
        if self._prompt is not None:
            self._stream.update(frame)

    def _take(self, index: int, feature: Feature) -> None:
        words = in_words(feature)
        self._values.append(float(words @ _prompt(str(self._prompt)) / max(float(np.linalg.norm(words)), 1e-12)))
        self._index.append(index)

    def compute(self) -> Values:
        """Encode what is left of the last batch and return everything."""
        if self._prompt is not None:
            self._stream.flush()
        return np.asarray(self._values, np.float64), np.asarray(self._index, np.int64)


TEXT_PROXY = PerClip(
    Card(
        "text_proxy",
        version=1,
        direction="up",
        unit="",
        range=(-1, 1),
        group="text_proxy",
        doc="prompt against ImageNet classes in words (MiniLM); no CLIP score",
        formula="cos(Σ p_c e_c, g), p_c probability of ImageNet class c, e_c MiniLM of its name, g of the prompt",
        needs=("prompt",),
        weights=("efficientnet-lite0", "minilm-l6-v2", "minilm-l6-v2-tokens"),
        signs=signs("retag 0 reverse 0"),
    ),
    lambda clip: ProxyMeter(FeatureStream.of(clip, EFFICIENTNET), clip.prompt),
)
"""Knows only what ImageNet names; people, styles and actions are beyond it."""

"""A small network with random weights: that the arithmetic is right does not depend on which words it knows."""

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import BertConfig, BertModel

from fpbench.metrics import catalog, measure, text_proxy
from fpbench.metrics.efficientnet import EFFICIENTNET
from fpbench.metrics.features import encode
from fpbench.weights.backends import lacking
from fpbench.weights.efficientnet import load_efficientnet

WORDS = ["[PAD]", "[UNK]", "cat", "on", "a", "red", "sofa", "truck"]


@pytest.fixture
def small(monkeypatch):
    torch.manual_seed(0)
    shape = BertConfig(
        vocab_size=len(WORDS), hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=24
    )
    model = BertModel(shape).eval()
    tokenizer = Tokenizer(models.WordLevel({word: n for n, word in enumerate(WORDS)}))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.enable_padding()
    monkeypatch.setattr(text_proxy, "_minilm", lambda: (model, tokenizer))
    text_proxy._prompt.cache_clear()
    yield model
    text_proxy._prompt.cache_clear()


def alone(model, text):
    """One text without padding, its tokens averaged."""
    ids = torch.tensor([[WORDS.index(word) for word in text.split()]])
    with torch.no_grad():
        mean = model(input_ids=ids).last_hidden_state.mean(1)[0].numpy()
    return mean / np.linalg.norm(mean)


def test_a_text_has_one_embedding_whatever_it_is_batched_with(small, monkeypatch):
    monkeypatch.setattr(text_proxy, "_BATCH", 2)
    texts = ["cat", "a cat on a red sofa", "truck"]
    np.testing.assert_allclose(text_proxy.embed(texts), [alone(small, text) for text in texts], atol=1e-5)


def test_a_frame_is_put_into_words_by_the_classifiers_probabilities(small, monkeypatch, rng):
    labels = rng.normal(size=(1000, 16)).astype(np.float32)
    model = load_efficientnet()
    head = {name: tensor.numpy() for name, tensor in model.classifier.state_dict().items()}
    monkeypatch.setattr(text_proxy, "_words", lambda: (labels, head["weight"], head["bias"]))
    video = rng.integers(0, 256, (2, 224, 224, 3)).astype(np.uint8)
    found = measure([video], fps=8, metrics=["text_proxy"], prompt="a red truck")["text_proxy"]
    with torch.inference_mode():
        likely = model((torch.from_numpy(video).permute(0, 3, 1, 2).float() - 127) / 128).softmax(1).numpy()
    words = likely @ labels
    expected = words @ alone(small, "a red truck") / np.linalg.norm(words, axis=1)
    assert found.index.tolist() == [0, 1]
    assert found.values == pytest.approx(expected, abs=1e-4)
    assert text_proxy.in_words(encode(EFFICIENTNET, video)[0]) == pytest.approx(words[0], abs=1e-4)


def test_without_a_prompt_nothing_is_encoded(small, monkeypatch, rng):
    monkeypatch.setattr("fpbench.metrics.features.network", lambda encoder: pytest.fail("encoded"))
    video = rng.integers(0, 256, (2, 32, 32, 3)).astype(np.uint8)
    assert len(measure([video], fps=8, metrics=["text_proxy"])["text_proxy"].values) == 0


def test_without_the_package_the_metric_is_skipped_with_the_remedy(monkeypatch):
    monkeypatch.setattr("fpbench.weights.packaged.find_spec", lambda name: None)
    lacking.cache_clear()
    reason = catalog.skipped(["text_proxy"], truth=False)["text_proxy"]
    lacking.cache_clear()
    assert "pip install" in reason

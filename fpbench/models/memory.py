"""How much GPU memory a released transformer needs, from its size and the packed sequence: an estimate, not a reading.

Counted: weights, gradients and optimiser state, the input of every block (gradient checkpointing), the inside of the
block at work, and a fixed reserve. Attention is taken to be memory-efficient: linear in the sequence.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

GB = 2**30
RESERVE = 2 * GB
"""CUDA context, workspaces, fragmentation."""

INSIDE = 34
"""Widths of activations per token inside a block at work: norms, q, k, v, attention, the four-fold MLP, residuals."""

Method = Literal["sample", "lora", "full"]


@dataclass(frozen=True)
class Network:
    """Sizes of a transformer.

    Attributes:
        parameters: in all.
        width, blocks: of the token stream.
        beside: tokens in the sequence besides section and history (text and image, where they share it).
    """

    name: str
    parameters: float
    width: int
    blocks: int
    beside: int = 0


HUNYUAN = Network("HunyuanVideo FramePack, 13 B", 13e9, 3072, 60, beside=256 + 729)
WAN_SMALL = Network("Wan 2.1, 1.3 B", 1.3e9, 1536, 30)
WAN_LARGE = Network("Wan 2.1, 14 B", 14e9, 5120, 40)


def needed_bytes(network: Network, tokens: int, batch: int, method: Method, *, gpus: int = 1) -> float:
    """Bytes on one GPU.

    Args:
        network: the transformer.
        tokens: section and history tokens of a sample.
        batch: samples per GPU.
        method: sample: weights in half precision and one block at work; lora: the same with the inputs of all blocks,
            corrections counted as a fiftieth of the network, with gradients and two moments in float32; full:
            float32 master weights and gradients, factored moments, sharded over the GPUs.
        gpus: over which ``full`` is sharded; one layer's weights are gathered at a time.
    """
    sequence = batch * (tokens + network.beside) * network.width * 2
    work = INSIDE * sequence if method != "sample" else INSIDE / 2 * sequence
    kept = 0 if method == "sample" else network.blocks * sequence
    half = 2 * network.parameters
    weights = {
        "sample": half,
        "lora": half + network.parameters / 50 * 16,
        "full": (half + 8 * network.parameters) / gpus + half / network.blocks,
    }[method]
    return RESERVE + weights + kept + work


def largest_batch(network: Network, tokens: int, method: Method, memory: float, *, gpus: int = 1) -> int:
    """Samples per GPU that fit into ``memory`` bytes; 0 when not even one does."""
    fixed = needed_bytes(network, tokens, 0, method, gpus=gpus)
    each = needed_bytes(network, tokens, 1, method, gpus=gpus) - fixed
    return max(0, int((memory - fixed) // each))


def memory_table(network: Network, tokens: int, memory: float, gpus: int) -> str:
    """For every method what one sample needs, and the batch that fits, as aligned text."""
    lines = [f"{network.name}, {tokens} tokens, {gpus} x {memory / GB:.0f} GiB (estimate)"]
    for method, label in (("sample", "sampling"), ("lora", "LoRA training"), ("full", "full training, sharded")):
        one = needed_bytes(network, tokens, 1, method, gpus=gpus) / GB  # type: ignore[arg-type]
        fits = largest_batch(network, tokens, method, memory, gpus=gpus)  # type: ignore[arg-type]
        lines.append(f"  {label:24} {one:6.1f} GiB for one; fits {fits} per GPU, {fits * gpus} in all")
    return "\n".join(lines)

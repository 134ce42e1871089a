"""Random Wan components small enough for tests."""

from pathlib import Path

import torch
from diffusers import AutoencoderKLWan, FlowMatchEulerDiscreteScheduler, WanPipeline, WanTransformer3DModel
from tiny_hunyuan import tokenizer
from transformers import UMT5Config, UMT5EncoderModel

HEIGHT, WIDTH = 32, 48


def tiny_transformer(seed: int = 0) -> WanTransformer3DModel:
    torch.manual_seed(seed)
    model = WanTransformer3DModel(
        patch_size=(1, 2, 2), num_attention_heads=2, attention_head_dim=12, in_channels=16, out_channels=16,
        text_dim=32, freq_dim=256, ffn_dim=32, num_layers=2, cross_attn_norm=True, qk_norm="rms_norm_across_heads",
        rope_max_seq_len=32,
    )  # fmt: skip
    return model.eval()


def save_tiny(folder: Path, seed: int = 0) -> Path:
    """A Wan pipeline folder as ``save_pretrained`` writes it."""
    transformer = tiny_transformer(seed)
    vae = AutoencoderKLWan(
        base_dim=3, z_dim=16, dim_mult=[1, 1, 1, 1], num_res_blocks=1, temperal_downsample=[False, True, True]
    )
    text = UMT5EncoderModel(
        UMT5Config(vocab_size=100, d_model=32, d_kv=8, d_ff=37, num_layers=1, num_heads=2, pad_token_id=0)
    )
    pipeline = WanPipeline(
        tokenizer=tokenizer(), text_encoder=text.eval(), vae=vae.eval(), transformer=transformer,
        scheduler=FlowMatchEulerDiscreteScheduler(shift=3.0),
    )  # fmt: skip
    pipeline.save_pretrained(folder, safe_serialization=True)
    return folder

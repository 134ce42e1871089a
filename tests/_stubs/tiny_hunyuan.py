"""Random HunyuanVideo FramePack components small enough for tests, with the encoders and tokenizers they need."""

from pathlib import Path

import torch
from diffusers import (
    AutoencoderKLHunyuanVideo,
    FlowMatchEulerDiscreteScheduler,
    HunyuanVideoFramepackPipeline,
    HunyuanVideoFramepackTransformer3DModel,
)
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace
from transformers import (
    CLIPTextConfig,
    CLIPTextModel,
    LlamaConfig,
    LlamaModel,
    PreTrainedTokenizerFast,
    SiglipImageProcessor,
    SiglipVisionConfig,
    SiglipVisionModel,
)

WORDS = ["[pad]", "[unk]", "a", "the", "walker", "turns", "left", "into", "sunny", "quiet", "street", "room"]
HEIGHT, WIDTH = 16, 32


def tiny_transformer(seed: int = 0) -> HunyuanVideoFramepackTransformer3DModel:
    torch.manual_seed(seed)
    model = HunyuanVideoFramepackTransformer3DModel(
        in_channels=4, out_channels=4, num_attention_heads=2, attention_head_dim=10, num_layers=1, num_single_layers=1,
        num_refiner_layers=1, patch_size=2, patch_size_t=1, guidance_embeds=True, text_embed_dim=16,
        pooled_projection_dim=8, rope_axes_dim=(2, 4, 4), image_condition_type=None, has_image_proj=True,
        image_proj_dim=32, has_clean_x_embedder=True,
    )  # fmt: skip
    return model.eval()


def tiny_vae(seed: int = 0) -> AutoencoderKLHunyuanVideo:
    torch.manual_seed(seed)
    vae = AutoencoderKLHunyuanVideo(
        in_channels=3, out_channels=3, latent_channels=4,
        down_block_types=("HunyuanVideoDownBlock3D",) * 4, up_block_types=("HunyuanVideoUpBlock3D",) * 4,
        block_out_channels=(4, 4, 4, 4), layers_per_block=1, act_fn="silu", norm_num_groups=2, scaling_factor=0.476986,
        spatial_compression_ratio=8, temporal_compression_ratio=4, mid_block_add_attention=True,
    )  # fmt: skip
    return vae.eval()


def tokenizer() -> PreTrainedTokenizerFast:
    pad, unknown = WORDS[:2]
    words = Tokenizer(WordLevel({word: i for i, word in enumerate(WORDS)}, unk_token=unknown))
    words.pre_tokenizer = Whitespace()
    return PreTrainedTokenizerFast(
        tokenizer_object=words, pad_token=pad, unk_token=unknown, model_max_length=200, padding_side="right"
    )


def tiny_pipeline(shift: float | None = None, seed: int = 0) -> HunyuanVideoFramepackPipeline:
    """A whole pipeline.

    Args:
        shift: fixed shift of the scheduler; None for the one that depends on the section's size.
    """
    transformer, vae = tiny_transformer(seed), tiny_vae(seed)
    torch.manual_seed(seed)
    llama = LlamaModel(
        LlamaConfig(
            hidden_size=16,
            intermediate_size=37,
            num_attention_heads=4,
            num_key_value_heads=4,
            num_hidden_layers=2,
            vocab_size=100,
            pad_token_id=0,
            bos_token_id=1,
            eos_token_id=2,
            max_position_embeddings=600,
        )
    )
    clip = CLIPTextModel(
        CLIPTextConfig(
            hidden_size=8,
            intermediate_size=16,
            num_attention_heads=2,
            num_hidden_layers=1,
            vocab_size=100,
            projection_dim=8,
            pad_token_id=0,
            bos_token_id=1,
            eos_token_id=2,
            max_position_embeddings=77,
        )
    )
    vision = SiglipVisionModel(
        SiglipVisionConfig(
            hidden_size=32,
            intermediate_size=37,
            num_attention_heads=4,
            num_hidden_layers=1,
            image_size=16,
            patch_size=4,
        )
    )
    scheduler = (
        FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True)
        if shift is None
        else FlowMatchEulerDiscreteScheduler(shift=shift)
    )
    pipeline = HunyuanVideoFramepackPipeline(
        text_encoder=llama.eval(), tokenizer=tokenizer(), transformer=transformer, vae=vae, scheduler=scheduler,
        text_encoder_2=clip.eval(), tokenizer_2=tokenizer(), image_encoder=vision.eval(),
        feature_extractor=SiglipImageProcessor(size={"height": 16, "width": 16}),
    )  # fmt: skip
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def save_tiny(folder: Path, seed: int = 0) -> Path:
    """A pipeline folder as ``save_pretrained`` writes it."""
    tiny_pipeline(seed=seed).save_pretrained(folder, safe_serialization=True)
    return folder

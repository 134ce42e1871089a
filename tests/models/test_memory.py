"""The memory estimate against what the papers say they ran."""

import pytest

from fpbench.framepack import Pack
from fpbench.models.memory import GB, HUNYUAN, WAN_LARGE, WAN_SMALL, largest_batch, needed_bytes
from fpbench.sampling.explain import explain_memory


def tokens(section: int) -> int:
    pack = Pack.parse(f"f1k1_x_g{section}_f1k1f2k2f16k4_td")
    return pack.context_tokens(60, 104) + pack.section_tokens(60, 104)


@pytest.mark.parametrize(("section", "claimed"), [(2, 64), (3, 64), (4, 32), (5, 32)])
def test_the_paper_s_batches_fit_eight_80_gb_cards_and_are_near_the_limit(section: int, claimed: int) -> None:
    # arXiv 2504.12626 v3: LoRA of the 13 B network at 480p, batch 64 with windows 2-3, 32 with windows 4-5.
    fits = 8 * largest_batch(HUNYUAN, tokens(section), "lora", 80e9)
    assert claimed <= fits < 2 * claimed


def test_a_24_gb_card_holds_the_small_wan_and_not_the_13_b_network() -> None:
    assert largest_batch(HUNYUAN, tokens(9), "sample", 24 * GB) == 0
    assert largest_batch(WAN_SMALL, tokens(9), "sample", 24 * GB) >= 1
    assert largest_batch(WAN_SMALL, tokens(9), "lora", 24 * GB) >= 1


def test_more_of_anything_needs_more() -> None:
    one = needed_bytes(WAN_SMALL, 1000, 1, "lora")
    assert needed_bytes(WAN_SMALL, 1001, 1, "lora") > one
    assert needed_bytes(WAN_SMALL, 1000, 2, "lora") > one
    assert needed_bytes(WAN_LARGE, 1000, 1, "lora") > one
    assert needed_bytes(WAN_SMALL, 1000, 1, "full") > needed_bytes(WAN_SMALL, 1000, 1, "full", gpus=8)


def test_explain_says_what_fits() -> None:
    text = explain_memory({"use": "framepack_hunyuan"}, 80, 8)
    assert text.startswith("HunyuanVideo FramePack, 13 B, 17966 tokens, 8 x 80 GiB")
    assert "LoRA training" in text

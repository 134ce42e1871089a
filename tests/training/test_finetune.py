"""Fine-tuning the released networks on a folder of videos: they learn, resume to the same weights, and run."""

import math
from collections.abc import Iterator
from pathlib import Path

import pytest
import tiny_hunyuan
import tiny_wan
import torch
from accelerate.state import AcceleratorState
from PIL import Image
from real_clips import write_clips
from torch import Tensor, nn

from fpbench.framepack import Pack, make_plan
from fpbench.framepack.discretize import Codebook
from fpbench.framepack.schedule import Kernel
from fpbench.models.pretrained import framepack_facts
from fpbench.models.wan import WanFramePack
from fpbench.systems import build
from fpbench.training import train
from fpbench.training.clips import ClipCache, ClipFolderError, Spec
from fpbench.training.families import open_family, packed_history
from fpbench.training.finetune import read_finetune
from fpbench.training.lora import adapt, merge
from fpbench.training.recipe import RecipeError
from fpbench.training.tuner import FineTuner

RECIPE = """\
kind: {kind}
name: tiny
base: {folder}/{kind}
videos: videos
frames: 41
buckets: [[16, 32], [32, 16]]
mixture: {mixture}
method: {method}
rank: 4
steps: 24
batch: 2
rate: 0.01
precision: "no"
save_every: 100
"""
MIXTURES = {
    "wan": "{packs: {td_f4k2f1k1_g4: 2, f1k1_x_g4_f1k1f2k2_td: 1}, dropped: 0, history: {clean: 1, shared: 1}}",
    "hunyuan": "{packs: {f1k1_x_f4k4f2k2f1k1_g4: 2, f1k1_x_g4_f1k1f2k2f4k4_td: 1}}",
}
CASES = [(kind, method) for kind in MIXTURES for method in ("lora", "full")]


@pytest.fixture(autouse=True)
def own_process() -> Iterator[None]:
    """Accelerate's state belongs to a process, and a run has one of its own."""
    yield
    AcceleratorState._reset_state(reset_partial_state=True)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("finetune")
    tiny_wan.save_tiny(place / "wan")
    tiny_hunyuan.save_tiny(place / "hunyuan")
    write_clips(place / "videos", frames=45)
    (place / "videos" / "0.txt").write_text("a walker turns left")
    for kind, method in CASES:
        recipe = RECIPE.format(folder=place, kind=kind, mixture=MIXTURES[kind], method=method)
        (place / f"{kind}-{method}.yaml").write_text(recipe)
    return place


def tuner(folder: Path, name: str, state: Path, extra: str = "") -> FineTuner:
    # One set of clips a family for all tests: encoding is what takes long.
    clips = folder / f"clips-{name.partition('-')[0]}"
    clips.mkdir(exist_ok=True)
    state.mkdir(exist_ok=True)
    if not (state / "clips").exists():
        (state / "clips").symlink_to(clips, target_is_directory=True)
    path = folder / f"{name}.yaml"
    if extra:
        keys = {line.partition(":")[0] for line in extra.splitlines()}
        kept = [line for line in path.read_text().splitlines() if line.partition(":")[0] not in keys]
        path = folder / f"changed-{name}.yaml"
        path.write_text("\n".join([*kept, extra]))
    recipe = read_finetune(path)
    return FineTuner(recipe, open_family(recipe, path), state)


@pytest.mark.parametrize("kind", MIXTURES)
def test_videos_are_sorted_into_buckets_and_encoded_once(folder: Path, tmp_path: Path, kind: str) -> None:
    training = tuner(folder, f"{kind}-lora", tmp_path / "a")
    clips = training.clips
    assert {size: len(files) for size, files in clips.buckets.items()} == {(16, 32): 2, (32, 16): 1}
    latents, told = clips.batch((16, 32), [0, 1], textless=[False, True])
    channels = {"wan": 16, "hunyuan": 4}[kind]
    assert latents.shape == (2, 11, channels, 2, 4)
    assert set(told) == {"wan": {"text"}, "hunyuan": {"states", "mask", "pooled", "image"}}[kind]
    empty = {name: value[1] for name, value in told.items() if name != "image"}
    other, said = clips.batch((16, 32), [1], textless=[False])
    assert torch.equal(other[0], latents[1])
    assert all(torch.equal(said[name][0], value) for name, value in empty.items())  # that clip has no caption
    assert any(not torch.equal(told[name][0], value) for name, value in empty.items())  # this one has
    again, spec, weights = (
        ClipCache(tmp_path / "a" / "clips"),
        Spec(41, ((16, 32), (32, 16))),
        training.family.weights(),
    )

    def never() -> None:
        raise AssertionError

    again.fill(folder / "videos", spec, weights, never, lambda line: None)
    assert {size: [f.name for f in files] for size, files in again.buckets.items()} == {
        size: [f.name for f in files] for size, files in clips.buckets.items()
    }
    opened = training.family.codec(torch.device("cpu"))
    with pytest.raises(ClipFolderError, match="none of 4 videos has the 401 frames"):
        again.__class__(tmp_path / "b").fill(
            folder / "videos", Spec(401, spec.buckets), "x", lambda: opened, lambda line: None
        )


@pytest.mark.parametrize(("kind", "method"), CASES)
def test_the_loss_falls(folder: Path, kind: str, method: str, tmp_path: Path) -> None:
    training = tuner(folder, f"{kind}-{method}", tmp_path / method)

    @torch.no_grad()
    def loss() -> float:
        return float(torch.stack([training.loss(step) for step in range(1000, 1008)]).mean())

    before = loss()
    training.run()
    assert training.step == 24
    assert loss() < 0.95 * before


@pytest.mark.parametrize(("kind", "method"), CASES)
def test_a_resumed_run_ends_in_identical_weights(folder: Path, kind: str, method: str, tmp_path: Path) -> None:
    name = f"{kind}-{method}"
    straight = tuner(folder, name, tmp_path / "straight")
    straight.run(steps=4)
    tuner(folder, name, tmp_path / "broken").run(steps=2)
    resumed = tuner(folder, name, tmp_path / "broken")
    assert resumed.step == 2
    resumed.run(steps=4)
    expected = straight.network.state_dict()
    assert all(torch.equal(value, expected[name]) for name, value in resumed.network.state_dict().items())
    start = tuner(folder, name, tmp_path / "start").network.state_dict()
    assert any(not torch.equal(value, expected[name]) for name, value in start.items())


def test_a_state_whose_exchange_was_cut_short_is_found(folder: Path, tmp_path: Path) -> None:
    tuner(folder, "wan-lora", tmp_path).run(steps=1)
    (tmp_path / "state").rename(tmp_path / "state.partial")
    assert tuner(folder, "wan-lora", tmp_path).step == 1
    (tmp_path / "state.partial" / "step").unlink()
    assert tuner(folder, "wan-lora", tmp_path).step == 0


def test_a_state_holds_no_frozen_weights(folder: Path, tmp_path: Path) -> None:
    training = tuner(folder, "hunyuan-lora", tmp_path)
    training.run(steps=1)
    from safetensors.torch import load_file

    kept = set(load_file(tmp_path / "state" / "model.safetensors"))
    assert kept == {name for name, p in training.network.named_parameters() if p.requires_grad}


@pytest.mark.parametrize("kind", MIXTURES)
def test_half_precision_keeps_what_is_trained_in_full(folder: Path, kind: str, tmp_path: Path) -> None:
    training = tuner(folder, f"{kind}-lora", tmp_path, 'precision: "bf16"')
    before = {n: p.detach().clone() for n, p in training.network.named_parameters() if p.requires_grad}
    assert {p.dtype for p in training.network.parameters() if p.requires_grad} == {torch.float32}
    assert torch.bfloat16 in {p.dtype for p in training.network.parameters() if not p.requires_grad}
    assert all(map(math.isfinite, training.run(steps=2)))
    assert any(not torch.equal(p, before[n]) for n, p in training.network.named_parameters() if n in before)


@pytest.mark.parametrize("kind", MIXTURES)
def test_recomputed_activations_give_the_same_gradients(folder: Path, kind: str, tmp_path: Path) -> None:
    found = []
    for checkpointing in ("true", "false"):
        training = tuner(folder, f"{kind}-lora", tmp_path / checkpointing, f"checkpointing: {checkpointing}")
        training.loss(0).backward()
        found.append({n: p.grad for n, p in training.network.named_parameters() if p.grad is not None})
    assert found[0].keys() == found[1].keys()
    assert found[0]
    for name, gradient in found[0].items():
        torch.testing.assert_close(gradient, found[1][name])


def test_what_wan_training_writes_is_a_checkpoint(folder: Path, tmp_path: Path) -> None:
    training = tuner(folder, "wan-lora", tmp_path, "kernels: [1, 2, 4]")
    training.run(steps=2)
    training.network.eval()
    noisy, text = torch.randn(1, 4, 16, 2, 4), torch.randn(1, 3, 32)
    with torch.no_grad():
        expected = training.network(noisy, torch.full((1, 4), 0.5), torch.arange(4), [], text)
        made = WanFramePack.load(training.export())(noisy, torch.full((1, 4), 0.5), torch.arange(4), [], text)
    torch.testing.assert_close(made, expected, atol=1e-5, rtol=1e-5)
    facts = framepack_facts(tmp_path / "checkpoint")
    assert facts["capabilities"] == ["anchor_slot", "history_levels", "section_levels", "two_sided"]
    assert facts["card"]["steps"] == 2
    assert facts["kernels"] == [1, 2, 4]
    params = {"checkpoint": str(tmp_path / "checkpoint"), "base": str(folder / "wan"), "pack": "td_f4k2f1k1_g4"}
    assert build("wan_framepack", params).fingerprint()["weights"]


def test_what_hunyuan_training_writes_is_a_checkpoint(folder: Path, tmp_path: Path) -> None:
    only = "mixture: {packs: {f1k1_x_f4k4f2k2f1k1_g4: 1}}"
    training = tuner(folder, "hunyuan-lora", tmp_path, only)
    training.run(steps=2)
    written = training.export()
    assert framepack_facts(written)["capabilities"] == ["anchor_slot"]
    params = {"checkpoint": str(written), "base": str(folder / "hunyuan"), "vision": str(folder / "hunyuan")}
    forward = build("framepack_hunyuan", {"pack": "f1k1_x_f4k4f2k2f1k1_g4", **params})
    assert forward.fingerprint()["weights"]
    with pytest.raises(Exception, match="not trained for two_sided"):
        build("framepack_hunyuan", {"pack": "f1k1_x_g4_f1k1f2k2f4k4_td", **params}).fingerprint()


def test_train_follows_such_a_recipe_and_stops_in_time(folder: Path, tmp_path: Path) -> None:
    tuner(folder, "hunyuan-lora", tmp_path)  # the clips are there
    written = train(folder / "hunyuan-lora.yaml", minutes=0, state=tmp_path)
    assert written == tmp_path / "checkpoint"
    assert framepack_facts(written)["card"]["steps"] == 1
    assert (tmp_path / "state" / "step").read_text() == "1"


def test_train_knows_the_kind_of_a_recipe(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="accelerate launch --num_processes 2"):
        train(folder / "wan-lora.yaml", processes=2, state=tmp_path)


def test_hunyuan_s_history_has_zeros_where_nothing_is(folder: Path) -> None:
    section = make_plan(Pack.parse("f1k1_x_g4_f1k1f2k2f4k4_td"), 9, slots="official").sections[0]
    clip, rng = torch.randn(1, 9, 4, 2, 4), torch.Generator()
    anchor, *absent = packed_history(clip, section, torch.zeros(1, 4), rng, Codebook(torch.ones(3, 4)))
    assert torch.equal(anchor.latents, torch.ones(1, 1, 4, 2, 4))
    assert [group.kernel for group in absent] == [Kernel.cubic(n) for n in (1, 2, 4)]
    assert not any(group.latents.any() for group in absent)
    plain = packed_history(clip, section, torch.zeros(1, 4), rng)
    assert torch.equal(plain[0].latents, clip[:, :1])


def test_discrete_history_is_fitted_trained_on_and_shipped_with_the_weights(folder: Path, tmp_path: Path) -> None:
    extra = "mixture: {packs: {td_f4k2f1k1_g4+D: 1}}\ncodebook: 8"
    training = tuner(folder, "wan-lora", tmp_path, extra)
    assert len(training.codebook) == 8
    seen: list[Tensor] = []
    training.model.register_forward_pre_hook(lambda module, args: seen.extend(g.latents for g in args[3]))
    training.mixture.history.clear()  # type: ignore[attr-defined]
    training.mixture.history.update(clean=1.0)  # type: ignore[attr-defined]
    training.run(steps=3)
    pixels = torch.cat([latents.movedim(2, -1).flatten(0, 3) for latents in seen])
    # The difference itself: cdist goes by products of matrices above 25 rows, where a distance of 0 comes out as 5e-4.
    apart = (pixels[:, None] - training.codebook.centroids).norm(dim=-1)
    assert apart.min(1).values.max() < 1e-5
    written = training.export()
    params = {"checkpoint": str(written), "base": str(folder / "wan"), "pack": "td_f4k2f1k1_g4+D"}
    system = build("wan_framepack", {**params, "steps": 1})
    assert system.fingerprint()["weights"]
    arguments = (system.strategy, Image.new("RGB", (32, 16), "red"), "", 17)  # type: ignore[attr-defined]
    assert system.model.video(*arguments, torch.Generator()).shape == (17, 16, 32, 3)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("kind", "line", "message"),
    [
        ("wan", "frames: 42", "42 is not 4 n . 1; the nearest: 41"),
        ("wan", "rnak: 3", "rnak"),
        ("wan", "method: all", "lora"),
        ("wan", "buckets: [[20, 32]]", "divisible by 16"),
        ("wan", "vision: x", "vision: not for kind 'wan'"),
        ("wan", "mixture: {packs: {td_f4k2f1k1_g4+D: 1}}", "codebook"),
        ("wan", "mixture: {packs: {td_f5k2_g4: 1}}", "f4k2"),
        ("wan", "mixture: {packs: {td_f4k2f1k1_g20: 1}}", "too few for a section of 20"),
        ("wan", "mixture: {packs: {g4: 1}, histroy: {}}", "histroy"),
        ("hunyuan", "kernels: [1]", "kernels: not for kind 'hunyuan'"),
        ("hunyuan", "mixture: {packs: {td_f4k4_g4: 1}, history: {null: 1}}", "'history' is not for HunyuanVideo"),
        ("hunyuan", "mixture: {packs: {td_f8k8f2k2f1k1_g4: 1}}", "exactly k1, k2, k4"),
        ("hunyuan", "mixture: {packs: {f1k1_x_f4k4f2k2f1k1_g4_x_f1k1: 1}}", "fixed slots"),
    ],
)
def test_a_wrong_recipe_names_file_and_key(kind: str, line: str, message: str, folder: Path, tmp_path: Path) -> None:
    key = line.partition(":")[0]
    kept = [row for row in (folder / f"{kind}-lora.yaml").read_text().splitlines() if row.partition(":")[0] != key]
    path = tmp_path / "wrong.yaml"
    path.write_text("\n".join([*kept, line]))
    with pytest.raises(RecipeError, match=message) as caught:
        open_family(read_finetune(path), path)
    assert str(path) in str(caught.value)


def test_a_fresh_correction_changes_nothing_and_merging_keeps_what_was_learned() -> None:
    torch.manual_seed(0)
    plain = nn.Sequential(nn.Linear(6, 8), nn.Sequential(nn.Linear(8, 3)))
    x = torch.randn(5, 6)
    before = plain(x)
    adapt(plain, 2)
    assert torch.equal(plain(x), before)
    assert sorted(n.rpartition(".")[0] for n, p in plain.named_parameters() if p.requires_grad) == [
        "0.down", "0.up", "1.0.down", "1.0.up"
    ]  # fmt: skip
    nn.init.normal_(plain[0].up.weight)
    learned = plain(x)
    merge(plain)
    assert all(isinstance(layer, nn.Linear) for layer in (plain[0], plain[1][0]))
    torch.testing.assert_close(plain(x), learned)

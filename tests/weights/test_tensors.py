"""Other people's weight files give tensors or a refusal, and run nothing."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from fpbench.errors import PreflightError
from fpbench.weights.tensors import frozen, read_tensors


class Evil:
    def __init__(self, folder: str) -> None:
        self.folder = folder

    def __reduce__(self) -> object:
        return os.mkdir, (self.folder,)


def test_both_kinds_of_file_give_the_same_tensors(tmp_path: Path) -> None:
    tensors = {"a.weight": torch.randn(2, 3), "a.bias": torch.zeros(2)}
    save_file(tensors, tmp_path / "a.safetensors")
    torch.save(tensors, tmp_path / "a.pth")
    for file in tmp_path.iterdir():
        found = read_tensors(file)
        assert set(found) == set(tensors)
        assert all(torch.equal(found[name], tensors[name]) for name in tensors)


@pytest.mark.parametrize("kind", ["evil", "nested", "list"])
def test_anything_but_a_flat_state_dict_is_refused(kind: str, tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    content = {"evil": {"a": Evil(str(trace))}, "nested": {"a": {"b": 1}}, "list": [1, 2]}[kind]
    torch.save(content, tmp_path / "bad.pth")
    with pytest.raises(PreflightError, match=r"bad\.pth"):
        read_tensors(tmp_path / "bad.pth")
    assert not trace.exists()


@pytest.mark.parametrize("name", ["short.pth", "short.safetensors", "absent.pth"])
def test_damaged_and_absent_files_are_named(name: str, tmp_path: Path) -> None:
    if "short" in name:
        (tmp_path / name).write_bytes(b"not a file of tensors")
    with pytest.raises(PreflightError, match=name):
        read_tensors(tmp_path / name)


def test_a_checkpoint_is_read_one_level_down_where_that_is_asked_for(tmp_path: Path) -> None:
    tensors = {"a": torch.randn(2)}
    torch.save({"state_dict": tensors, "epoch": 3}, tmp_path / "kept.pth")
    torch.save(tensors, tmp_path / "flat.pth")
    for name in ("kept", "flat"):
        assert torch.equal(read_tensors(tmp_path / f"{name}.pth", "state_dict")["a"], tensors["a"])
    with pytest.raises(PreflightError, match="not a flat state dict"):
        read_tensors(tmp_path / "kept.pth")


def test_filling_a_network_freezes_it_and_leaves_the_callers_random_numbers_alone(tmp_path: Path) -> None:
    tensors = {"weight": torch.ones(1, 2), "bias": torch.zeros(1)}
    torch.manual_seed(0)
    expected = torch.rand(1)
    torch.manual_seed(0)
    model = frozen(lambda: torch.nn.Linear(2, 1), tensors, tmp_path, "a line")
    assert torch.rand(1) == expected
    assert not model.training
    assert not any(parameter.requires_grad for parameter in model.parameters())
    with pytest.raises(PreflightError, match=r"does not fit a line: Missing key"):
        frozen(lambda: torch.nn.Linear(2, 1), {"weight": tensors["weight"]}, tmp_path, "a line")

"""The guard makes the CPU recipe importable, costs nothing until torchvision is wanted, touches nothing else."""

from __future__ import annotations

import subprocess
import sys

import pytest

from fpbench import _torchvision


def run(code: str) -> str:
    """Standard output of a fresh interpreter."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_importing_fpbench_loads_no_heavy_package() -> None:
    heavy = "{'torch', 'torchvision', 'numpy', 'importlib.resources'}"
    assert run(f"import sys, fpbench; print(sorted({heavy} & set(sys.modules)))") == "[]"


def test_looking_torchvision_up_does_not_load_torch() -> None:
    code = "import sys, fpbench, importlib.util as u; u.find_spec('torchvision'); print('torch' in sys.modules)"
    assert run(code) == "False"


def test_diffusers_and_lpips_import_and_torchvision_is_left_as_if_nobody_had_touched_it() -> None:
    code = """
import fpbench
from diffusers import WanTransformer3DModel
import lpips, torch, torchvision
from torchvision.transforms.functional import resize
print(WanTransformer3DModel.__name__, type(torchvision.__spec__.loader).__name__,
      tuple(resize(torch.zeros(3, 8, 8), [4, 4]).shape))
"""
    assert run(code) == "WanTransformer3DModel SourceFileLoader (3, 4, 4)"


def test_the_finder_answers_for_torchvision_alone() -> None:
    finder = _torchvision.TorchvisionFinder()
    assert finder.find_spec("torchvision.ops", None) is None
    assert finder.find_spec("json", None) is None


def test_installed_once() -> None:
    before = list(sys.meta_path)
    _torchvision.install()
    assert sys.meta_path == before
    assert sum(isinstance(finder, _torchvision.TorchvisionFinder) for finder in before) == 1


def test_nothing_is_declared_beside_a_cuda_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    monkeypatch.setattr(torch.version, "cuda", "13.0")
    assert _torchvision.declare_operators(("a folder that only this test asks for",)) is None


def test_nothing_is_declared_where_the_compiled_part_loads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_torchvision, "_compiled_part_loads", lambda folders: True)
    assert _torchvision.declare_operators(("another folder of its own",)) is None

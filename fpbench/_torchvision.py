"""Makes torchvision importable beside a CPU-only torch.

The torchvision wheels of the registry link CUDA libraries. Beside a CPU build of torch their compiled part
cannot be loaded, the operator schemas it would have declared are missing, and ``import torchvision`` stops
with "operator torchvision::nms does not exist"; lpips, open_clip, timm and parts of diffusers fall with it.
Two declared schemas are all that the Python part needs: transforms, models and utils then work, the compiled
operators (NMS, RoI, deformable convolution) stay unavailable and say so when called.

Nothing is done before torchvision is really executed, and nothing at all where its compiled part loads.
Finder and loader do not inherit from importlib.abc, which alone would triple the import time of fpbench.
"""

from __future__ import annotations

import sys
from functools import cache
from importlib.machinery import PathFinder
from pathlib import Path
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.abc import Loader
    from importlib.machinery import ModuleSpec
    from types import ModuleType

    from torch.library import Library

OPERATORS = ("nms", "qnms")
SCHEMA = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"


def _compiled_part_loads(folders: Sequence[str]) -> bool:
    import torch

    for folder in folders:
        for library in sorted(Path(folder).glob("_C*")):
            try:
                torch.ops.load_library(str(library))
            except OSError:
                continue
            return True
    return False


@cache
def declare_operators(folders: tuple[str, ...]) -> Library | None:
    """Declare the operator schemas that torchvision's Python part expects, if nothing else will.

    Args:
        folders: the package folders of torchvision, in which its compiled part lies.

    Returns:
        The library that owns the schemas (they vanish with it, so the cache keeps it alive), or None where
        torch has CUDA or torchvision's compiled part loads, and nothing was done.
    """
    import torch

    if torch.version.cuda is not None or _compiled_part_loads(folders):
        return None
    library = torch.library.Library("torchvision", "DEF")
    for operator in OPERATORS:
        library.define(operator + SCHEMA)
    return library


class _DeclaringLoader:
    """Declares the operators, then hands over to the real loader and steps out of the way."""

    def __init__(self, real: Loader, folders: Sequence[str]) -> None:
        self.real, self.folders = real, tuple(folders)

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self.real.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        declare_operators(self.folders)
        module.__loader__ = self.real
        if module.__spec__ is not None:
            module.__spec__.loader = self.real
        self.real.exec_module(module)


class TorchvisionFinder:
    """Answers for the single name ``torchvision``; every other import passes by untouched."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The ordinary spec of torchvision with a loader that declares the operators first; else None."""
        if fullname != "torchvision":
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.loader is not None:
            declaring = _DeclaringLoader(spec.loader, spec.submodule_search_locations or ())
            spec.loader = cast("Loader", declaring)
        return spec


def install() -> None:
    """Put the finder first on ``sys.meta_path``, once per process. Imports nothing heavy."""
    if not any(isinstance(finder, TorchvisionFinder) for finder in sys.meta_path):
        sys.meta_path.insert(0, TorchvisionFinder())

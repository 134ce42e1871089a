"""fpbench: does a next-section video predictor drift, does it forget, does it still move, and do people prefer it?

The names below are what a baseline, a metric or a world is written against; they load on first use.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from fpbench import _torchvision

if TYPE_CHECKING:
    from fpbench.framepack import Group, Importance, Kernel, Pack
    from fpbench.models.checkpoint import open_checkpoint
    from fpbench.models.external import External, SkyReels, WanRepeated
    from fpbench.models.framepack_pipeline import Hunyuan
    from fpbench.models.wan_pipeline import Wan
    from fpbench.released import Released
    from fpbench.sampling import Anchor, Branch, Guidance, Handover, HistoryNoise, Strategy
    from fpbench.systems import System
    from fpbench.worlds import Task, World

__version__ = "0.1.0"

__all__ = [
    "Anchor",
    "Branch",
    "External",
    "Group",
    "Guidance",
    "Handover",
    "HistoryNoise",
    "Hunyuan",
    "Importance",
    "Kernel",
    "Pack",
    "Released",
    "SkyReels",
    "Strategy",
    "System",
    "Task",
    "Wan",
    "WanRepeated",
    "World",
    "open_checkpoint",
]

_HOME = {
    "Group": "fpbench.framepack",
    "Importance": "fpbench.framepack",
    "Kernel": "fpbench.framepack",
    "Pack": "fpbench.framepack",
    "Anchor": "fpbench.sampling",
    "Branch": "fpbench.sampling",
    "Guidance": "fpbench.sampling",
    "Handover": "fpbench.sampling",
    "HistoryNoise": "fpbench.sampling",
    "External": "fpbench.models.external",
    "Hunyuan": "fpbench.models.framepack_pipeline",
    "SkyReels": "fpbench.models.external",
    "WanRepeated": "fpbench.models.external",
    "Released": "fpbench.released",
    "Wan": "fpbench.models.wan_pipeline",
    "Strategy": "fpbench.sampling",
    "System": "fpbench.systems",
    "Task": "fpbench.worlds",
    "World": "fpbench.worlds",
    "open_checkpoint": "fpbench.models.checkpoint",
}

_torchvision.install()


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

"""The FramePack system: which frames are seen at which kernel, where they sit in time, in which order they are made."""

from fpbench.framepack.importance import Importance
from fpbench.framepack.orders import Plan, Section, make_plan
from fpbench.framepack.padding import Padding
from fpbench.framepack.schedule import Group, Kernel, Pack, PackError
from fpbench.framepack.targets import Order

__all__ = ["Group", "Importance", "Kernel", "Order", "Pack", "PackError", "Padding", "Plan", "Section", "make_plan"]

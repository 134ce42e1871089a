"""Where tasks and ground truth come from."""

from fpbench.worlds.task import KINDS, SPLITS, Task, World, open_world, revisits

__all__ = ["KINDS", "SPLITS", "Task", "World", "open_world", "revisits"]

"""Training of the embedded worlds' networks from recipe files."""

from fpbench.training.follow import train

__all__ = ["train"]

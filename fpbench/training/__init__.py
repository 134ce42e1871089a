"""Training of the embedded worlds' networks from recipe files."""

from fpbench.training.recipe import train

__all__ = ["train"]

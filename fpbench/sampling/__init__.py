"""How a system samples: its strategy as data, and the one engine that executes any strategy on any backbone."""

from fpbench.sampling.anchor import Anchor
from fpbench.sampling.guidance import Branch, Guidance
from fpbench.sampling.history import Handover, HistoryNoise
from fpbench.sampling.strategy import Strategy

__all__ = ["Anchor", "Branch", "Guidance", "Handover", "HistoryNoise", "Strategy"]

"""How a system samples: its strategy as data, and the one engine that executes any strategy on any backbone."""

from fpbench.sampling.guidance import Guidance
from fpbench.sampling.history import HistoryNoise
from fpbench.sampling.strategy import Strategy

__all__ = ["Guidance", "HistoryNoise", "Strategy"]

"""fpbench: does a next-section video predictor drift, forget, still move, and do people prefer it?"""

from fpbench import _torchvision

__version__ = "0.1.0"

_torchvision.install()

"""fpbench: does a next-section video predictor drift, forget, still move, and do people prefer it?"""

__version__ = "0.1.0"

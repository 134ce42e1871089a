"""Measuring video: single-pass metrics, drift and forgetting. Knows no model, no world and no run."""

from fpbench.metrics.card import Card
from fpbench.metrics.catalog import card, groups, resolve, skipped
from fpbench.metrics.frame import CameraPath
from fpbench.metrics.meter import Meter, Metric, PerFrame
from fpbench.metrics.single_pass import ClipError, Series, measure

__all__ = [
    "CameraPath",
    "Card",
    "ClipError",
    "Meter",
    "Metric",
    "PerFrame",
    "Series",
    "card",
    "groups",
    "measure",
    "resolve",
    "skipped",
]

"""Families of the published runs, whose names say what they are."""

from __future__ import annotations

from collections import Counter

from fpbench.report.data import RunData
from fpbench.report.families import OTHER, family, setting


def test_settings_are_found_by_their_names() -> None:
    assert setting("diffusion_forcing[sigma=0.1]") == ("diffusion_forcing", "sigma=0.1")
    assert setting("vanilla") == ("", "")


def test_the_systems_of_the_drift_protocol_fall_into_their_families(drift: RunData) -> None:
    found = Counter(family(drift, name) for name in drift.systems)
    assert found["diffusion_forcing"] == 3
    assert found["inverted order"] == 1
    assert found[OTHER] == 2  # the truth and the first frame

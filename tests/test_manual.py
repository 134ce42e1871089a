"""The examples of docs/adding.md are run as they stand: what a reader copies must work."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fpbench import Strategy
from fpbench.metrics.frame import Clip
from fpbench.worlds.panorama import Panorama

TEXT = (Path(__file__).parents[1] / "docs" / "adding.md").read_text("utf-8")


def example(name: str) -> dict[str, Any]:
    """The names defined by the Python block of the manual that begins with this file name."""
    block = re.search(rf"```python\n# my_package/{name}\.py\n(.*?)```", TEXT, re.DOTALL)
    assert block, name
    defined: dict[str, Any] = {}
    exec(compile(block.group(1), f"adding.md:{name}", "exec"), defined)  # noqa: S102 - our own manual
    return defined


def test_the_baseline_is_a_strategy_with_a_plan():
    made = example("baseline")["short_memory"](frames=2)
    assert isinstance(made, Strategy)
    assert made.plan(19).sections[1].context_tokens(8, 12) == 2 * 24


def test_the_other_system_makes_videos_of_the_right_length():
    world = Panorama()
    tasks = [world.task("validation", "walk", index, frames=5) for index in range(2)]
    system = example("other")["mirror"]()
    videos = system.generate(world, tasks, 0)
    assert [video.shape for video in videos] == [(5, 64, 96, 3)] * 2
    np.testing.assert_array_equal(videos[0][1], videos[0][0][:, ::-1])
    assert system.fingerprint()
    assert system.card()["source"]


def test_the_metric_measures():
    metric = example("metric")["RED_SHARE"]
    frames = np.zeros((3, 8, 8, 3), np.uint8)
    frames[..., 0] = 100
    frames[..., 1] = 300 // 3
    clip = Clip(8, 8, 8.0)
    meter = metric.meter(clip)
    for index, rgb in enumerate(frames):
        meter.update(clip.add(rgb, index))
    np.testing.assert_allclose(meter.compute()[0], 0.5)
    assert metric.card.name == "red_share"


def test_the_world_gives_the_same_bytes_for_the_same_task():
    world = example("world")["Stripes"]()
    task = world.task("test-near", "walk", 1, frames=4)
    film = world.film(task)
    assert (film.shape, film.dtype) == ((4, 64, 96, 3), np.uint8)
    np.testing.assert_array_equal(film, world.film(world.task("test-near", "walk", 1, frames=4)))
    np.testing.assert_array_equal(film[1, :, :-1], film[0, :, 1:])  # it scrolls


def test_every_entry_point_of_the_manual_is_one_of_its_examples():
    points = re.findall(r'"my_package\.(\w+):(\w+)"', TEXT)
    assert len(points) == 4
    for module, name in points:
        assert name in example(module)


def test_every_layout_of_the_manual_is_one():
    import yaml

    from fpbench.report.layout import Layout

    text = (Path(__file__).parents[1] / "docs" / "tables.md").read_text("utf-8")
    (block,) = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    assert Layout.model_validate(yaml.safe_load(block)).columns


@pytest.mark.parametrize("page", ["tutorial.md", "tables.md", "adding.md"])
def test_commands_of_the_manual_take_the_options_they_are_given(page: str):
    from fpbench.cli.reference import Page, make_page

    known = make_page(Page.cli)
    sections = dict(re.findall(r"^## fpbench ([\w ]+)\n(.*?)(?=^## |\Z)", known, re.MULTILINE | re.DOTALL))
    text = (Path(__file__).parents[1] / "docs" / page).read_text("utf-8")
    calls = re.findall(r"^fpbench (\w+)(.*)$|`fpbench (\w+)([^`]*)`", text, re.MULTILINE)
    assert calls
    for first, rest, second, more in calls:
        section = sections[first or second]
        for option in re.findall(r"--[a-z-]+", rest or more):
            assert f"`{option}`" in section, f"{first or second} {option}"

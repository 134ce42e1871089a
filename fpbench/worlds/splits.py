"""Which Doom map, and which part of it, belongs to which split. Plain data and two look-ups.

Split and theme of every map were decided by material and texture richness (share of a map's textured area
made of textures that training maps also have): test-near maps are new places of known materials, test-far
maps partly of new ones. ``test-in`` is made of connected parts of training maps that no training path enters.
"""

from __future__ import annotations

from collections.abc import Sequence

from fpbench.worlds.errors import TaskError

_TRAIN_SHARE = 0.75

TRAIN_THEMES = {
    "tech": "E1M1 E1M2 E1M3 E1M4 E1M6 E1M9 E2M2 E2M6 E4M6 MAP04 MAP08 MAP15",
    "base+yard": "E1M7 E4M1 MAP12",
    "canyon": "E2M1 E2M7 E2M9",
    "city": "MAP14",
    "brown rock/lava": "MAP26",
    "rock/water": "MAP10",
    "dark industrial": "MAP11",
    "hell wood/marble": "E3M3 E3M5 MAP28",
    "hell red": "E3M6 MAP22 MAP29",
}
TRAIN = tuple(sorted(name for names in TRAIN_THEMES.values() for name in names.split()))
SPLIT_MAPS = {
    "train": TRAIN,
    "validation": ("E2M5", "E3M9", "E4M9", "MAP13"),
    "test-near": ("E1M5", "E3M2", "E3M8", "MAP07", "MAP17", "MAP27"),
    "test-far": ("E2M3", "MAP01", "MAP09", "MAP21"),
}
# Training maps with a single usable part, which leaves nothing to hold out.
ONE_PART = ("E2M2", "MAP04")


def maps_of(split: str, training_maps: Sequence[str] | None) -> tuple[str, ...]:
    """The maps of a split, in a fixed order.

    Args:
        split: one of ``fpbench.worlds.task.SPLITS``.
        training_maps: restricts ``train`` and ``test-in``; None for all 28.

    Raises:
        TaskError: a name is not a training map, or nothing is left.
    """
    if split not in ("train", "test-in"):
        return SPLIT_MAPS[split]
    wanted = tuple(training_maps) if training_maps is not None else TRAIN
    for name in wanted:
        if name not in TRAIN:
            raise TaskError(f"{name!r} is not a training map of world 'doom'; known: {', '.join(TRAIN)}")
    kept = tuple(name for name in wanted if split == "train" or name not in ONE_PART)
    if not kept:
        raise TaskError(f"no map of {', '.join(wanted) or 'an empty list'} has a part held out for test-in")
    return kept


def parts_of(split: str, areas: Sequence[float]) -> tuple[int, ...]:
    """Numbers of the parts of a map (1 the largest) that a split may walk in.

    The largest parts that together make at least three quarters of the usable area are for training, the
    others are ``test-in``; if there are two parts, one is held out. Other splits walk everywhere.
    """
    if split not in ("train", "test-in"):
        return tuple(range(1, len(areas) + 1))
    covered, count = 0.0, 0
    while count < max(1, len(areas) - 1) and covered < _TRAIN_SHARE * sum(areas):
        covered += areas[count]
        count += 1
    return tuple(range(1, count + 1)) if split == "train" else tuple(range(count + 1, len(areas) + 1))

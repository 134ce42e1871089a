"""Names beside points never cover each other, nor points."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from fpbench.report.labels import CHARACTER, LINE, front, place

SIZE = (600.0, 400.0)
Box = tuple[float, float, float, float]


def boxes(count: int, spread: float) -> tuple[list[Box], list[Box]]:
    """Boxes of the names that found room among random points, and of the marks."""
    rng = np.random.default_rng(0)
    x, y = (rng.uniform(0.5 - spread, 0.5 + spread, count) * side for side in SIZE)
    names, radius = [f"system_{k:02d}" for k in range(count)], np.full(count, 6.0)
    found = place(names, x, y, radius, SIZE, range(count))
    texts = []
    for k, label in found.items():
        width = CHARACTER * len(names[k])
        left = x[k] + label.dx - {"left": 0, "center": width / 2, "right": width}[label.align]
        texts.append((left, y[k] + label.dy - LINE / 2, left + width, y[k] + label.dy + LINE / 2))
    return texts, [(a - 6, b - 6, a + 6, b + 6) for a, b in zip(x, y, strict=True)]


def overlap(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


@pytest.mark.parametrize(("count", "spread"), [(5, 0.4), (40, 0.4), (40, 0.05)])
def test_no_name_covers_another_or_a_foreign_mark_or_leaves_the_plot(count: int, spread: float) -> None:
    texts, marks = boxes(count, spread)
    assert len(texts) >= min(count, 5)
    assert not any(overlap(one, other) for one, other in combinations(texts, 2))
    assert all(sum(overlap(text, mark) for mark in marks) <= 1 for text in texts)  # its own
    assert all(left >= 0 and top >= 0 and right <= SIZE[0] and low <= SIZE[1] for left, top, right, low in texts)


def test_all_names_are_written_where_there_is_room_and_the_important_first_where_there_is_not() -> None:
    apart = np.array([50.0, 300.0, 500.0])
    assert len(place(["a", "b", "c"], apart, apart / 2, np.full(3, 5.0), SIZE, range(3))) == 3
    same = np.full(30, 200.0)
    crowd = place(["a name"] * 30, same, same, np.full(30, 5.0), SIZE, [29, *range(29)])
    assert next(iter(crowd)) == 29
    assert len(crowd) < 30


def test_the_front_is_what_nobody_beats_in_both() -> None:
    x, y = np.array([0.0, 1.0, 1.0, 2.0]), np.array([2.0, 1.0, 1.5, 0.0])
    assert front(x, y).tolist() == [True, True, False, True]

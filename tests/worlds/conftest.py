"""One cache folder and one engine for all tests of the worlds, and maps simple enough to know by heart."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from fpbench.worlds import wad
from fpbench.worlds.doom import Doom

DEPTH = 640


@pytest.fixture(scope="session")
def cache_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FPBENCH_CACHE", str(folder))
        yield folder


@pytest.fixture(scope="session")
def doom(cache_folder: Path) -> Doom:
    return Doom(maps=["E1M1", "E1M2"])


@pytest.fixture(scope="session")
def row_of_rooms() -> Callable[..., wad.Level]:
    """Builds a map of rooms side by side, open to each other, each 640 deep."""
    return _row_of_rooms


def _row_of_rooms(
    walls: Sequence[int], rooms: Sequence[tuple[int, int]], things: Sequence[tuple[int, int, int]] = ()
) -> wad.Level:
    """``walls``: x of the borders; ``rooms``: floor and ceiling between them; ``things``: x, y, type."""
    sides: list[tuple[int | bytes, ...]] = []
    lines: list[tuple[int, ...]] = []

    def side(room: int) -> int:
        sides.append((0, 0, b"-", b"-", b"-", room))
        return len(sides) - 1

    def line(start: int, end: int, front: int, back: int | None = None) -> None:
        lines.append((start, end, 0, 48, 0, side(front), wad.NO_SIDE if back is None else side(back)))

    for room in range(len(rooms)):  # the front of a line is on its right hand
        low, high, next_low, next_high = range(2 * room, 2 * room + 4)
        line(next_low, low, room)
        line(high, next_high, room)
        line(low, high, room, room - 1 if room else None)
    line(2 * len(rooms) + 1, 2 * len(rooms), len(rooms) - 1)
    return wad.Level(
        name="MAP01",
        things=np.array([(x, y, 0, kind, 7) for x, y, kind in things], wad.THING),
        lines=np.array(lines, wad.LINE),
        sides=np.array(sides, wad.SIDE),
        vertices=np.array([(x, y) for x in walls for y in (0, DEPTH)], wad.VERTEX),
        sectors=np.array([(*room, b"F", b"C", 100, 9, 0) for room in rooms], wad.SECTOR),
    )

import numpy as np
import pytest

from fpbench.worlds.grid import CELL, build_grid
from fpbench.worlds.sight import sight


def test_distances_in_an_empty_room(row_of_rooms):
    grid = build_grid(row_of_rooms([0, 800], [(0, 200)]))
    east_north_west = np.radians([[0.0, 90.0, 180.0]])
    seen = sight(grid, np.array([[200.0, 320.0]]), east_north_west)
    assert seen[0] == pytest.approx([600, 320, 200], abs=2 * CELL)


def test_one_looks_over_a_ledge_below_the_eye_but_not_over_a_higher_one(row_of_rooms):
    eye, east = np.array([[200.0, 320.0]]), np.zeros((1, 1))
    assert sight(build_grid(row_of_rooms([0, 400, 800], [(0, 200), (40, 200)])), eye, east) > 580
    assert sight(build_grid(row_of_rooms([0, 400, 800], [(0, 200), (41, 200)])), eye, east) < 220


def test_rays_end_at_the_reach(row_of_rooms):
    grid = build_grid(row_of_rooms([0, 4000], [(0, 200)]))
    assert sight(grid, np.array([[200.0, 320.0]]), np.zeros((1, 1)), reach=400) == 400

import numpy as np
import pytest

from fpbench.worlds.grid import CELL, CLEARANCE, VOID, build_grid


def at(grid, values, x, y):
    row, column = grid.cells(np.array([x, y]))
    return values[row, column]


def test_floors_ceilings_and_clearance_of_a_known_room(row_of_rooms):
    grid = build_grid(row_of_rooms([0, 400, 800], [(0, 200), (16, 128)]))
    assert at(grid, grid.floor, 200, 320) == 0
    assert at(grid, grid.ceiling, 600, 320) == 128
    assert at(grid, grid.floor, -20, 320) == VOID
    assert at(grid, grid.clearance, 400, 320) == pytest.approx(320, abs=2 * CELL)
    assert at(grid, grid.clearance, 100, 320) == pytest.approx(100, abs=2 * CELL)


def test_the_usable_area_is_the_room_less_its_margin(row_of_rooms):
    grid = build_grid(row_of_rooms([0, 800], [(0, 200)]))
    assert grid.areas == pytest.approx([(800 - 2 * CLEARANCE) * (640 - 2 * CLEARANCE)], rel=0.05)
    assert set(np.unique(grid.part)) == {0, 1}


@pytest.mark.parametrize(("step", "parts"), [(24, 1), (25, 2)])
def test_a_step_higher_than_24_separates(row_of_rooms, step, parts):
    assert len(build_grid(row_of_rooms([0, 400, 800], [(0, 200), (step, 200)])).areas) == parts


def test_the_larger_part_is_number_one(row_of_rooms):
    grid = build_grid(row_of_rooms([0, 400, 1200], [(0, 200), (99, 200)]))
    assert at(grid, grid.part, 200, 320) == 2
    assert at(grid, grid.part, 800, 320) == 1
    assert grid.areas[0] > grid.areas[1]


def test_a_low_ceiling_and_an_unlisted_thing_stop_a_body_but_a_pickup_does_not(row_of_rooms):
    assert not build_grid(row_of_rooms([0, 800], [(0, 55)])).areas
    grid = build_grid(row_of_rooms([0, 800], [(0, 200)], things=[(200, 320, 31999), (600, 320, 2012)]))
    assert at(grid, grid.part, 200, 320) == 0
    assert at(grid, grid.part, 600, 320) == 1

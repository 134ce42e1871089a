import numpy as np
import pytest

from fpbench.worlds import paths, splits
from fpbench.worlds.doom import level_grid, level_routes
from fpbench.worlds.paths import FASTEST, MAX_TURN
from fpbench.worlds.poses import rounded
from fpbench.worlds.routes import resampled


@pytest.mark.parametrize(("map_name", "part"), [("E1M1", 1), ("E1M1", 2), ("MAP26", 1), ("E3M2", 1)])
def test_walks_keep_the_limits_and_their_part_of_the_map(map_name, part):
    grid = level_grid(map_name)
    for seed in range(4):
        path = paths.walk(level_routes(map_name, part), 120, np.random.default_rng(seed))
        xy, _ = rounded(path)
        assert np.hypot(*np.diff(path[:, :2], axis=0).T).max() <= FASTEST + 1e-9
        assert np.abs(np.diff(path[:, 2])).max() <= MAX_TURN + 1e-9
        row, column = grid.cells(xy)
        assert grid.clearance[row, column].min() > 16, "the body is 32 wide"
        assert set(grid.part[row, column]) <= {0, part}
        assert (grid.floor[row, column] + 56 <= grid.ceiling[row, column]).all()


def test_a_training_walk_never_enters_a_held_out_part():
    for map_name in splits.maps_of("test-in", None)[::5]:
        grid = level_grid(map_name)
        held_out = splits.parts_of("test-in", grid.areas)
        for part in splits.parts_of("train", grid.areas)[:3]:
            xy, _ = rounded(paths.walk(level_routes(map_name, part), 100, np.random.default_rng(1)))
            assert not np.isin(grid.part[grid.cells(xy)], held_out).any()


def test_walks_get_somewhere_and_do_not_stare_at_walls():
    routes = level_routes("E1M1", 1)
    walks = [paths.walk(routes, 200, np.random.default_rng(seed)) for seed in range(6)]
    travelled = [np.hypot(*np.diff(path[:, :2], axis=0).T).sum() for path in walks]
    assert min(travelled) > 1000
    assert np.mean([paths.near_share(routes.grid, path) for path in walks]) < 0.03


def test_near_share_is_one_against_a_wall_and_zero_in_the_open(row_of_rooms):
    from fpbench.worlds.grid import build_grid

    grid = build_grid(row_of_rooms([0, 1600], [(0, 200)]))
    assert paths.near_share(grid, np.array([[1540.0, 320.0, 0.0]])) == 1
    assert paths.near_share(grid, np.array([[800.0, 320.0, 0.0]])) == 0


def test_resampling_a_corner_keeps_equal_distances_along_it():
    line = resampled(np.array([[0.0, 0.0], [30.0, 0.0], [30.0, 50.0]]), 10.0)
    assert line.tolist() == [[0, 0], [10, 0], [20, 0], [30, 0], [30, 10], [30, 20], [30, 30], [30, 40]]

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fpbench.worlds import splits
from fpbench.worlds.doom import level_grid
from fpbench.worlds.errors import TaskError


def test_no_map_is_in_two_splits_and_the_counts_are_the_surveyed_ones():
    assert [len(maps) for maps in splits.SPLIT_MAPS.values()] == [28, 4, 6, 4]
    for one, other in itertools.combinations(splits.SPLIT_MAPS.values(), 2):
        assert not set(one) & set(other)


@given(st.lists(st.floats(0.12e6, 2e7), min_size=1, max_size=20).map(lambda a: sorted(a, reverse=True)))
def test_training_and_held_out_parts_share_nothing_and_cover_everything(areas):
    train, held_out = splits.parts_of("train", areas), splits.parts_of("test-in", areas)
    assert train[0] == 1
    assert sorted(train + held_out) == list(range(1, len(areas) + 1))
    assert bool(held_out) == (len(areas) > 1)
    assert splits.parts_of("test-far", areas) == tuple(range(1, len(areas) + 1))


def test_maps_listed_with_one_part_are_those():
    assert [name for name in splits.TRAIN if len(level_grid(name).areas) == 1] == list(splits.ONE_PART)


def test_a_subset_restricts_training_and_test_in_only():
    assert splits.maps_of("train", ["E1M2", "MAP04"]) == ("E1M2", "MAP04")
    assert splits.maps_of("test-in", ["E1M2", "MAP04"]) == ("E1M2",)
    assert splits.maps_of("test-near", ["E1M2"]) == splits.SPLIT_MAPS["test-near"]


@pytest.mark.parametrize(
    ("split", "maps", "message"),
    [
        ("train", ["E1M5"], "'E1M5' is not a training map"),
        ("train", [], "an empty list"),
        ("test-in", ["MAP04"], "no map of MAP04"),
    ],
)
def test_maps_that_cannot_be_had_are_named(split, maps, message):
    with pytest.raises(TaskError, match=message):
        splits.maps_of(split, maps)

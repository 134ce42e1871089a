import numpy as np

from fpbench.worlds.task import Task, revisits


def task(*headings):
    poses = np.column_stack([np.zeros((len(headings), 3)), headings])
    return Task("w", "train", "loop", 3, 7, "p", poses)


def test_standing_still_is_no_revisit():
    assert revisits(task(1, 1, 1, 2, 2)).shape == (0, 2)


def test_the_lag_counts_from_the_last_frame_before_leaving():
    assert revisits(task(1, 1, 2, 3, 1, 1, 2)).tolist() == [[1, 4], [2, 6]]


def test_an_identifier_is_safe_as_a_file_name():
    assert task(1).id == "w_train_loop_s3_0007"

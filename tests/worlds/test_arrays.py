import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from fpbench.worlds.arrays import keep_array, kept_array


@given(
    arrays(np.uint8, array_shapes(max_dims=4, max_side=5))
    | arrays(np.float64, array_shapes(max_dims=2), elements=st.floats(allow_nan=False))
)
def test_what_is_kept_comes_back_equal(tmp_path_factory, array):
    path = tmp_path_factory.getbasetemp() / "kept.bin"
    keep_array(path, array)
    back = kept_array(path)
    assert back.dtype == array.dtype
    assert np.array_equal(back, array)


def test_any_damage_is_noticed(tmp_path):
    path = tmp_path / "a.bin"
    keep_array(path, np.arange(50))
    good = path.read_bytes()
    for place in range(len(good)):
        path.write_bytes(good[:place] + bytes([good[place] ^ 1]) + good[place + 1 :])
        assert kept_array(path) is None, place
    path.write_bytes(good[:-5])
    assert kept_array(path) is None
    path.write_bytes(b"")
    assert kept_array(path) is None


def test_a_missing_file_is_nothing(tmp_path):
    assert kept_array(tmp_path / "none.bin") is None


def test_a_cache_that_cannot_be_written_costs_only_a_warning(tmp_path, caplog):
    (tmp_path / "file").write_bytes(b"")
    keep_array(tmp_path / "file" / "a.bin", np.zeros(3))
    assert "FPBENCH_CACHE" in caplog.text

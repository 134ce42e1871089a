"""Arrays come through whatever protocol wrote them; anything that could run does not."""

from __future__ import annotations

import os
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fpbench.errors import PreflightError
from fpbench.weights.pickles import read_arrays

ARRAYS = {"Conv_0": {"kernel": np.arange(24.0, dtype=np.float32).reshape(2, 3, 4), "bias": np.ones(3)}}


@pytest.mark.parametrize("protocol", range(5))
def test_arrays_survive(protocol: int, tmp_path: Path) -> None:
    file = tmp_path / "arrays.ckpt"
    file.write_bytes(pickle.dumps(ARRAYS, protocol))
    layer = read_arrays(file)["Conv_0"]
    np.testing.assert_array_equal(layer["kernel"], ARRAYS["Conv_0"]["kernel"])
    assert layer["bias"].tolist() == [1, 1, 1]


class Malicious:
    """Unpickled by the ordinary reader, it runs a command."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self.call = function, arguments

    def __reduce__(self) -> tuple[Any, tuple[Any, ...]]:
        return self.call


@pytest.mark.parametrize(
    ("function", "place"),
    [(os.system, "posix.system"), (eval, "builtins.eval"), (getattr, "builtins.getattr")],
)
def test_a_malicious_pickle_is_refused_before_it_acts(function: Any, place: str, tmp_path: Path) -> None:
    file, trace = tmp_path / "arrays.ckpt", tmp_path / "trace"
    command = f"touch {trace}" if function is os.system else f"open({str(trace)!r}, 'w')"
    file.write_bytes(pickle.dumps({**ARRAYS, "Conv_1": Malicious(function, command)}))
    with pytest.raises(PreflightError, match=f"arrays.ckpt: refused to load {place}"):
        read_arrays(file)
    assert not trace.exists()


@pytest.mark.parametrize("content", [b"", b"not a pickle", pickle.dumps(ARRAYS)[:-40]])
def test_a_damaged_file_is_named(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "arrays.ckpt"
    file.write_bytes(content)
    with pytest.raises(PreflightError, match=r"cannot read arrays from .*arrays\.ckpt"):
        read_arrays(file)

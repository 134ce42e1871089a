import errno
from pathlib import Path

import pytest

from fpbench.runs.files import DiskFullError, atomic, write_atomic


def test_a_file_is_whole_or_absent(tmp_path: Path):
    target = tmp_path / "deep" / "file"
    with pytest.raises(RuntimeError), atomic(target, tmp_path / "tmp") as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert not target.exists()
    assert list((tmp_path / "tmp").iterdir()) == []
    write_atomic(target, b"whole", tmp_path / "tmp")
    assert target.read_bytes() == b"whole"


def test_a_failure_keeps_the_file_that_was_there(tmp_path: Path):
    target = tmp_path / "file"
    target.write_bytes(b"old")
    with pytest.raises(RuntimeError), atomic(target, tmp_path / "tmp") as temporary:
        temporary.write_bytes(b"new")
        raise RuntimeError
    assert target.read_bytes() == b"old"


def test_a_full_disk_is_explained(tmp_path: Path):
    target = tmp_path / "file"
    with pytest.raises(DiskFullError, match=r"file: no space left.*continues where it stopped"):
        with atomic(target, tmp_path / "tmp"), Path("/dev/full").open("wb", buffering=0) as full:
            full.write(b"x")
    assert not target.exists()


def test_other_errors_of_the_disk_stay_what_they_are(tmp_path: Path):
    with pytest.raises(OSError, match="Input/output") as caught, atomic(tmp_path / "file", tmp_path / "tmp"):
        raise OSError(errno.EIO, "Input/output error")
    assert not isinstance(caught.value, DiskFullError)

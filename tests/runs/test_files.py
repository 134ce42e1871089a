import errno
from pathlib import Path

import pytest

from fpbench.runs.files import DiskFullError, atomic, write_atomic


def failing(target: Path, scratch: Path) -> None:
    with atomic(target, scratch) as temporary:
        temporary.write_text("half")
        raise RuntimeError


def test_a_file_is_whole_or_absent(tmp_path: Path):
    target = tmp_path / "deep" / "file"
    with pytest.raises(RuntimeError):
        failing(target, tmp_path / "tmp")
    assert not target.exists()
    assert list((tmp_path / "tmp").iterdir()) == []
    write_atomic(target, b"whole", tmp_path / "tmp")
    assert target.read_bytes() == b"whole"


def test_a_failure_keeps_the_file_that_was_there(tmp_path: Path):
    target = tmp_path / "file"
    target.write_bytes(b"old")
    with pytest.raises(RuntimeError):
        failing(target, tmp_path / "tmp")
    assert target.read_bytes() == b"old"


def test_a_full_disk_is_explained(tmp_path: Path):
    def fill() -> None:
        with atomic(tmp_path / "file", tmp_path / "tmp"), Path("/dev/full").open("wb", buffering=0) as full:
            full.write(b"x")

    with pytest.raises(DiskFullError, match=r"file: no space left.*continues where it stopped"):
        fill()
    assert not (tmp_path / "file").exists()


def test_other_errors_of_the_disk_stay_what_they_are(tmp_path: Path):
    with pytest.raises(OSError, match="Input/output") as caught, atomic(tmp_path / "file", tmp_path / "tmp"):
        raise OSError(errno.EIO, "Input/output error")
    assert not isinstance(caught.value, DiskFullError)

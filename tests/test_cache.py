"""The cache follows the environment, and a file in it is whole or absent."""

from pathlib import Path

import pytest

from fpbench.cache import cache_dir, write_atomically


def test_environment_variable_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FPBENCH_CACHE", str(tmp_path / "here"))
    assert cache_dir("a", "b") == tmp_path / "here" / "a" / "b"
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize(("xdg", "expected"), [("", ".cache/fpbench"), ("xdg", "xdg/fpbench")])
def test_else_the_cache_of_the_user(xdg: str, expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FPBENCH_CACHE")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / xdg) if xdg else "")
    assert cache_dir() == tmp_path / expected


def test_written_whole(tmp_path: Path) -> None:
    write_atomically(tmp_path / "a" / "b.bin", b"first")
    write_atomically(tmp_path / "a" / "b.bin", b"second")
    assert [(path.name, path.read_bytes()) for path in (tmp_path / "a").iterdir()] == [("b.bin", b"second")]


def test_a_failed_write_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_atomically(tmp_path / "b.bin", b"first")

    def full(self: Path, target: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="No space"):
        write_atomically(tmp_path / "b.bin", b"second")
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"first"]

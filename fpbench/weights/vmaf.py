"""An ffmpeg program with libvmaf, which holds the VMAF models; it is called, not linked (such builds are GPL)."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from fpbench.errors import PreflightError


@dataclass(frozen=True)
class Program:
    """A program that a metric calls.

    Attributes:
        name: of the program. filter: that it must have been built with.
        package: whose folder ``binaries`` may hold one; located, never imported.
        licence: of the program in that package.
        install: the command that brings it.
    """

    name: str
    filter: str
    package: str
    licence: str
    install: str

    @property
    def version(self) -> str | None:
        """What it is told apart by: its own first line; None where there is none."""
        found = self.locate()
        return _answer(found, "-version").splitlines()[0] if found else None

    @property
    def reinstall(self) -> str:
        """How to replace it."""
        return self.install

    def expected(self, path: Path) -> str:
        """No content is prescribed: builds differ."""
        return ""

    def locate(self) -> Path | None:
        """The first program that has the filter: on the path, else in the package; None where there is none."""
        return next((path for path in self._candidates() if f" {self.filter} " in _answer(path, "-filters")), None)

    def verified(self) -> Path:
        """The program.

        Raises:
            PreflightError: there is none with that filter.
        """
        found = self.locate()
        if found is None:
            raise PreflightError(f"no {self.name} with {self.filter} is here; remedy: {self.install}")
        return found

    def _candidates(self) -> Iterator[Path]:
        if on_path := shutil.which(self.name):
            yield Path(on_path)
        spec = find_spec(self.package)
        for folder in (spec.submodule_search_locations or ()) if spec else ():
            yield from sorted(Path(folder, "binaries").glob(f"{self.name}-*"))


@cache
def _answer(program: Path, question: str) -> str:
    """What a program prints; nothing where it cannot be run."""
    try:
        found = subprocess.run([program, "-hide_banner", question], capture_output=True, timeout=60, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return found.stdout.decode(errors="replace")


PROGRAM = Program("ffmpeg", "libvmaf", "imageio_ffmpeg", "GPL-3.0", "pip install imageio-ffmpeg")

"""Weight files that no package carries: taken from a folder of the user's or a hub's cache, downloaded on demand only.

Measuring never downloads. ``fpbench doctor --fetch NAME`` does, unless ``--offline`` (``FPBENCH_OFFLINE=1``) is set.
"""

from __future__ import annotations

import os
import re
import urllib.request
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

from fpbench.cache import cache_dir, write_atomically
from fpbench.errors import PreflightError
from fpbench.weights.packaged import sha256

OFFLINE, FOLDER = "FPBENCH_OFFLINE", "FPBENCH_WEIGHTS"
_BLOB = re.compile(r"[0-9a-f]{64}")


def offline() -> bool:
    """Whether the network is out of bounds."""
    return os.environ.get(OFFLINE, "") not in ("", "0") or os.environ.get("HF_HUB_OFFLINE", "") not in ("", "0")


def go_offline() -> None:
    """Put the network out of bounds for this process and those it starts, hub libraries included."""
    os.environ.update({OFFLINE: "1", "HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"})


def own_folder() -> Path:
    """Where the user's own weight files are looked for: ``$FPBENCH_WEIGHTS``, else a folder of the cache."""
    named = os.environ.get(FOLDER)
    return Path(named).expanduser() if named else cache_dir("weights", "own")


@dataclass(frozen=True)
class HubFile:
    """One weight file on a hub or a server.

    Attributes:
        name: of the backend; a file ``NAME.safetensors`` or ``NAME.pth`` in `own_folder` is preferred to any other.
        source: "owner/repository/file" on the Hugging Face hub, or an https address.
        licence: SPDX-like name under which the weights may be used.
        sha256: beginning of the only content that is accepted, empty where its publisher names none.
        size: rough size for the user's eyes, such as "0.9 GB".
        runner: import name of an optional package that the weights are of no use without.
        runner_install: the command that brings it.
    """

    name: str
    source: str
    licence: str
    sha256: str = ""
    size: str = ""
    runner: str = ""
    runner_install: str = ""

    @property
    def version(self) -> str | None:
        """Where it is published."""
        return self.source

    @property
    def install(self) -> str:
        """How to get it."""
        first = f"{self.runner_install}; then " if self._lacks_runner else ""
        file = f"fpbench doctor --fetch {self.name} ({self.size}), or put {self.name}.safetensors into {own_folder()}"
        return first + file

    @property
    def reinstall(self) -> str:
        """How to replace a file of wrong content."""
        return f"delete it, then: {self.install}"

    def locate(self) -> Path | None:
        """The file where it lies, unverified; None where it, or what runs it, does not. Touches no network."""
        return None if self._lacks_runner else self._file()

    @property
    def _lacks_runner(self) -> bool:
        return bool(self.runner) and find_spec(self.runner) is None

    def _file(self) -> Path | None:
        own = [own_folder() / f"{self.name}{ending}" for ending in (".safetensors", ".pth")]
        if found := next((path for path in own if path.is_file()), None):
            return found
        return self._torch_cache() if self._is_address else self._hub_cache()

    def expected(self, path: Path) -> str:
        """Beginning of the SHA-256 that the file at ``path`` must have; a hub's cache names its blobs by it."""
        blob = path.resolve().name
        return self.sha256 or (blob if _BLOB.fullmatch(blob) else "")

    def verified(self) -> Path:
        """The file, its content checked as far as its publisher tells what it must be.

        Raises:
            PreflightError: it is not here, or is not what was published.
        """
        path = self.locate()
        if path is None:
            raise PreflightError(f"weights {self.name} are not here; remedy: {self.install}")
        wanted = self.expected(path)
        if wanted and not (found := sha256(path)).startswith(wanted):
            raise PreflightError(
                f"weights {path} have SHA-256 {found}, expected {wanted}; they are not loaded. Remedy: {self.reinstall}"
            )
        return path

    def fetch(self) -> Path:
        """Download the file unless it is here, and verify it.

        Raises:
            PreflightError: offline, unreachable, or not what was published.
        """
        if self._file() is None:
            if offline():
                raise PreflightError(f"weights {self.name} are not here and the network is out of bounds (--offline)")
            try:
                self._download()
            except OSError as error:
                raise PreflightError(f"cannot download {self.source}: {error}") from error
        return self.verified()

    @property
    def _is_address(self) -> bool:
        return urlsplit(self.source).scheme == "https"

    def _download(self) -> None:
        if self._is_address:
            ending = Path(urlsplit(self.source).path).suffix
            with urllib.request.urlopen(self.source, timeout=60) as answer:  # noqa: S310 - https by _is_address
                write_atomically(cache_dir("weights", "own") / f"{self.name}{ending}", answer.read())
            return
        from huggingface_hub import hf_hub_download

        owner, repository, file = self.source.split("/", 2)
        hf_hub_download(f"{owner}/{repository}", file)

    def _hub_cache(self) -> Path | None:
        from huggingface_hub import try_to_load_from_cache

        owner, repository, file = self.source.split("/", 2)
        found = try_to_load_from_cache(f"{owner}/{repository}", file)
        return Path(found) if isinstance(found, str) else None

    def _torch_cache(self) -> Path | None:
        home = os.environ.get("TORCH_HOME") or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "torch")
        name = Path(urlsplit(self.source).path).name
        places = [Path(home) / "hub" / "checkpoints" / name]
        places += [cache_dir("weights", "own") / f"{self.name}{ending}" for ending in (".safetensors", ".pth")]
        return next((path for path in places if path.is_file()), None)

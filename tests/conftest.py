"""What holds for every test: one thread, no network, an empty cache, torchvision importable."""

from __future__ import annotations

import os
import socket
import sys
import tempfile
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import settings

# Before torch is first imported: two thread pools on two cores wait for each other.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ["HF_HUB_OFFLINE"] = "1"

import fpbench  # noqa: F401 - installs the torchvision guard before diffusers or transformers are imported

_CACHE = tempfile.TemporaryDirectory(prefix="fpbench-test-cache-")
os.environ["FPBENCH_CACHE"] = _CACHE.name  # no test may depend on what an earlier run left behind

settings.register_profile("busy", deadline=None)  # wall time says little on a shared machine
settings.load_profile("busy")

LOOPBACK = ("127.", "::1", "localhost")


@pytest.fixture(scope="session", autouse=True)
def no_network() -> Iterator[None]:
    """A connection to any other machine is an error, whatever code tries it."""
    connect = socket.socket.connect

    def refuse(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and not str(address[0]).startswith(LOOPBACK):
            message = f"a test tried to reach {address[0]}"
            raise AssertionError(message)
        connect(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", refuse)
        yield


@pytest.fixture(autouse=True)
def own_main_module() -> Iterator[None]:
    """Streamlit's test runner puts the page in the place of ``__main__``; processes spawned later would run it."""
    main = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = main


def pytest_unconfigure() -> None:
    """Remove the cache of this run."""
    _CACHE.cleanup()

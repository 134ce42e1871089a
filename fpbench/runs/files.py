"""Files that are either whole or absent, and disks that are full. No knowledge of what is in them."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fpbench.errors import FpbenchError


class DiskFullError(FpbenchError):
    """No space left; nothing half-written remains."""


@contextmanager
def explaining_full_disk(path: Path) -> Iterator[None]:
    """Turn "no space left" and "over quota" while writing ``path`` into a message with a remedy.

    Raises:
        DiskFullError: the disk or the quota is full.
    """
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise DiskFullError(
            f"{path}: no space left on the disk; nothing half-written remains."
            " Free some space and give the same command again: it continues where it stopped"
        ) from error


@contextmanager
def atomic(path: Path, scratch: Path) -> Iterator[Path]:
    """Yield a temporary path in ``scratch``; on success it is synced and renamed to ``path``, else removed.

    ``scratch`` must be on the file system of ``path``, which makes the rename atomic.

    Raises:
        DiskFullError: the disk or the quota is full.
    """
    with explaining_full_disk(path):
        scratch.mkdir(parents=True, exist_ok=True)
        path.parent.mkdir(parents=True, exist_ok=True)
    temporary = scratch / f"{os.getpid()}-{path.name}"
    try:
        with explaining_full_disk(path):
            yield temporary
            _sync(temporary)
            temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_atomic(path: Path, data: bytes, scratch: Path) -> None:
    """Write ``data`` to ``path`` in one step; see ``atomic``."""
    with atomic(path, scratch) as temporary:
        temporary.write_bytes(data)


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())

"""Which results a derived file was made of, kept inside it: times of files do not survive a checkout."""

from __future__ import annotations

import hashlib
from pathlib import Path


def origin(folder: Path, version: int) -> str:
    """Version of what derives, and digest of the results of the run in ``folder``.

    Raises:
        OSError: the run has no ``summary.parquet``.
    """
    with (folder / "summary.parquet").open("rb") as results:
        return f"{version} {hashlib.file_digest(results, 'sha256').hexdigest()}"

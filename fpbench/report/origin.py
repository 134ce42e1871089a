"""Which results a derived file was made of, kept inside it: times of files do not survive a copy or a checkout."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

SUMMARY = ("summary.parquet",)
EVERYTHING = ("summary.parquet", "cells.parquet", "series.parquet")
"""All that the outputs of a run are made of."""


def origin(folder: Path, version: int, files: Sequence[str] = SUMMARY) -> str:
    """Version of what derives, and a digest of results of the run in ``folder``.

    Raises:
        OSError: the run lacks one of the files.
    """
    digests = []
    for name in files:
        with (folder / name).open("rb") as results:
            digests.append(hashlib.file_digest(results, "sha256").hexdigest())
    return f"{version} {' '.join(digests)}"

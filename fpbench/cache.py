"""Files that can be made again: where they live, and how they are written whole or not at all.

What lies there, under which name, is the business of the module that stores it.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def _mode() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


_MODE = _mode()  # of new files; a temporary file would keep 0600, which hides shared results from colleagues


def cache_dir(*parts: str) -> Path:
    """A folder below ``$FPBENCH_CACHE``, else below ``fpbench`` in the user's cache; nothing is created.

    Args:
        parts: sub-folders, the first of them named after what is stored.
    """
    if named := os.environ.get("FPBENCH_CACHE"):
        root = Path(named).expanduser()
    else:
        root = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "fpbench"
    return root.joinpath(*parts)


def write_atomically(path: Path, content: bytes) -> None:
    """Write ``content`` so that a reader sees all of it or nothing, whoever else writes the same file.

    Missing folders are made. A failed write (a full disk) leaves nothing behind.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    partial = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(descriptor, _MODE)
            file.write(content)
        partial.replace(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise

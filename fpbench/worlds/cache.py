"""Files that can be made again: where they live, how they are written whole or not at all. No rendering here."""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

_MAGIC = b"fpbclip1"


def cache_dir() -> Path:
    """``$FPBENCH_CACHE`` if set, else ``fpbench`` under the platform's cache directory."""
    if named := os.environ.get("FPBENCH_CACHE"):
        return Path(named).expanduser()
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "fpbench"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local")) / "fpbench"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "fpbench"


def write_atomically(path: Path, content: bytes) -> None:
    """Write ``content`` so that a reader sees all of it or nothing, whoever else writes the same file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def save_array(path: Path, array: NDArray[np.generic]) -> None:
    """Store an array losslessly: a header with dtype and shape, the SHA-256 of the bytes, the deflated bytes."""
    raw = np.ascontiguousarray(array).tobytes()
    header = f"{array.dtype.str} {' '.join(map(str, array.shape))}\n".encode()
    write_atomically(path, _MAGIC + header + hashlib.sha256(header + raw).digest() + zlib.compress(raw, 1))


def load_array(path: Path) -> NDArray[np.generic] | None:
    """What ``save_array`` stored, or None where there is no such file or it is damaged."""
    try:
        content = path.read_bytes()
        if not content.startswith(_MAGIC):
            return None
        end = content.index(b"\n") + 1
        header, digest = content[len(_MAGIC) : end], content[end : end + 32]
        raw = zlib.decompress(content[end + 32 :])
    except (OSError, ValueError, zlib.error):
        return None
    if hashlib.sha256(header + raw).digest() != digest:
        return None
    dtype, *shape = header.decode().split()
    return np.frombuffer(raw, dtype).reshape([int(n) for n in shape])

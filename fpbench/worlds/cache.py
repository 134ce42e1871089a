"""Arrays that can be made again, stored losslessly and checked when read. No rendering here."""

from __future__ import annotations

import hashlib
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fpbench.cache import write_atomically

_MAGIC = b"fpbclip1"


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

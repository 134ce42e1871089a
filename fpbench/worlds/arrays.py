"""Arrays kept on disk that could be made again: written whole or not at all, checked when read."""

from __future__ import annotations

import hashlib
import logging
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fpbench.cache import write_atomically

_MAGIC = b"fparray1"
_DIGEST = 32


def keep_array(path: Path, array: NDArray[np.generic]) -> None:
    """Store an array losslessly: dtype, shape, SHA-256, deflated bytes. A full disk costs only a warning."""
    raw = np.ascontiguousarray(array).tobytes()
    header = f"{array.dtype.str} {' '.join(map(str, array.shape))}\n".encode()
    content = _MAGIC + header + hashlib.sha256(header + raw).digest() + zlib.compress(raw, 1)
    try:
        write_atomically(path, content)
    except OSError as error:
        logging.getLogger(__name__).warning(
            "cannot keep %s (%s): going on without; FPBENCH_CACHE names another folder", path, error
        )


def kept_array(path: Path) -> NDArray[Any] | None:
    """What ``keep_array`` stored, or None where there is no such file or it is damaged."""
    try:
        content = path.read_bytes()
        end = content.index(b"\n") + 1
        header, digest = content[len(_MAGIC) : end], content[end : end + _DIGEST]
        raw = zlib.decompress(content[end + _DIGEST :])
    except (OSError, ValueError, zlib.error):
        return None
    if not content.startswith(_MAGIC) or hashlib.sha256(header + raw).digest() != digest:
        return None
    dtype, *shape = header.decode().split()
    return np.frombuffer(raw, dtype).reshape([int(n) for n in shape])

"""Reads pickled NumPy arrays and lets the pickle run nothing else. Knows nothing of what the arrays mean."""

from __future__ import annotations

import pickle
from codecs import encode
from pathlib import Path
from typing import Any

import numpy as np

from fpbench.errors import PreflightError


def _reconstruct() -> Any:
    # It has moved between NumPy releases; an array tells where it is now.
    return np.empty(0).__reduce__()[0]


def _admitted() -> dict[tuple[str, str], Any]:
    reconstruct = _reconstruct()
    return {
        ("numpy", "ndarray"): np.ndarray,
        ("numpy", "dtype"): np.dtype,
        ("numpy.core.multiarray", "_reconstruct"): reconstruct,
        ("numpy._core.multiarray", "_reconstruct"): reconstruct,
        ("_codecs", "encode"): encode,  # byte strings in the older pickle protocols
    }


class ArrayUnpickler(pickle.Unpickler):
    """An unpickler that admits arrays and plain containers, and refuses every other name."""

    def find_class(self, module: str, name: str) -> Any:
        """The admitted object of that name.

        Raises:
            pickle.UnpicklingError: any name that an array does not need.
        """
        admitted = _admitted()
        if (module, name) not in admitted:
            message = f"refused to load {module}.{name}: only NumPy arrays are admitted"
            raise pickle.UnpicklingError(message)
        return admitted[module, name]


def read_arrays(path: Path) -> Any:
    """Load nested containers of arrays from a pickle.

    Raises:
        PreflightError: the file is not such a pickle, or it names anything but arrays.
    """
    try:
        with path.open("rb") as file:
            return ArrayUnpickler(file).load()
    except (pickle.UnpicklingError, EOFError, AttributeError, IndexError, KeyError, ValueError) as error:
        raise PreflightError(f"cannot read arrays from {path}: {error}") from error

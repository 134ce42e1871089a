"""Canonical JSON and digests: two things are the same exactly when their canonical JSON is."""

from __future__ import annotations

import hashlib
import json


def canonical_json(value: object) -> str:
    """JSON with sorted keys and no spaces, equal for equal values on every machine.

    Raises:
        ValueError: a NaN or an infinity, which JSON cannot carry.
        TypeError: something that is not JSON-able.
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False, ensure_ascii=False)


def digest(value: object) -> str:
    """SHA-256 of the canonical JSON of ``value``, 64 hexadecimal digits."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()

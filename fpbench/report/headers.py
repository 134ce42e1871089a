"""What differs between two runs: their headers flattened and laid side by side."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fpbench.runs.manifest import Manifest

ABSENT = "—"
_OWN = ("id", "created", "updated", "sessions", "counts", "status")
"""What differs between any two runs and explains nothing."""


def flatten(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Leaves of nested dictionaries and lists as (dotted path, text)."""
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from flatten(inner, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list) and any(isinstance(one, dict | list) for one in value):
        for position, inner in enumerate(value):
            yield from flatten(inner, f"{path}.{position}")
    else:
        yield path, str(value)


def header(manifest: Manifest) -> dict[str, str]:
    """What determines the numbers of a run: protocol, systems, metrics, world, code and machine."""
    everything = manifest.model_dump(mode="json")
    kept = {key: value for key, value in everything.items() if key not in _OWN}
    last = dict(everything["sessions"][-1]) if everything["sessions"] else {}
    last.pop("started", None)
    return dict(flatten({**kept, "made with": last}))


def differences(first: Manifest, second: Manifest) -> list[tuple[str, str, str]]:
    """(what, in the first, in the second) wherever the two headers differ."""
    one, other = header(first), header(second)
    paths = list(dict.fromkeys([*one, *other]))
    rows = [(path, one.get(path, ABSENT), other.get(path, ABSENT)) for path in paths]
    return [row for row in rows if row[1] != row[2]]

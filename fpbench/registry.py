"""Named plug-ins: ours and a stranger's are found the same way, through entry points."""

from __future__ import annotations

import difflib
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from fpbench.errors import FpbenchError


class UnknownNameError(FpbenchError, LookupError):
    """A name nobody registered; the message lists the nearest ones that exist."""

    def __init__(self, kind: str, name: str, known: list[str]) -> None:
        near = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
        hint = f"did you mean {' or '.join(map(repr, near))}?" if near else f"known: {', '.join(known)}"
        super().__init__(f"unknown {kind} {name!r}; {hint}")
        self.kind, self.name, self.known, self.near = kind, name, known, near


@cache
def _entries(group: str) -> dict[str, EntryPoint]:
    return {entry.name: entry for entry in sorted(entry_points(group=group), key=lambda e: e.name)}


def names(group: str) -> list[str]:
    """Every registered name of an entry-point group such as ``fpbench.systems``, sorted; imports nothing."""
    return list(_entries(group))


def load(group: str, name: str) -> Any:
    """Import and return the object registered as ``name`` in ``group``.

    Raises:
        UnknownNameError: no such name; carries near misses.
    """
    entries = _entries(group)
    if name not in entries:
        raise UnknownNameError(group.removeprefix("fpbench.").removesuffix("s"), name, list(entries))
    return entries[name].load()

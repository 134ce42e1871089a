"""What a system is a variant of, for figures of more systems than anybody remembers colours of."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, cast

from fpbench.report.data import RunData

MANY = 12
"""Of more systems than this, families are told apart instead."""
OTHER = "other"
_SETTING = re.compile(r"(?P<base>.+)\[(?P<values>[^\[\]]+)\]")


def setting(system: str) -> tuple[str, str]:
    """Base and setting of a row made by a matrix: ``a[sigma=0.1]`` is ("a", "sigma=0.1"), others ("", "")."""
    found = _SETTING.fullmatch(system)
    return (found["base"], found["values"]) if found else ("", "")


def family(run: RunData, system: str) -> str:
    """The base of a matrix, or the order and history of a strategy; ``OTHER`` for the rest."""
    if base := setting(system)[0]:
        return base
    card = cast("dict[str, Any]", run.manifest.systems[system]["card"])
    strategy = card.get("strategy")
    if not isinstance(strategy, dict):
        return OTHER
    discrete = ", discrete history" if str(strategy.get("pack")).endswith("+D") else ""
    return f"{strategy.get('order')} order{discrete}"


def families(run: RunData, names: Sequence[str]) -> dict[str, list[str]]:
    """Members of each family, where systems are more than a legend holds; {} where they are few or all alike."""
    found: dict[str, list[str]] = {}
    for name in names:
        if run.role(name) == "system":
            found.setdefault(family(run, name), []).append(name)
    return found if len(names) > MANY and {*found} != {OTHER} else {}

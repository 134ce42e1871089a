"""Which metrics exist: entry points of ``fpbench.metrics``, ours and a stranger's alike."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from fpbench.metrics.card import Card
from fpbench.metrics.meter import Metric
from fpbench.registry import UnknownNameError, load, names

ENTRY_GROUP = "fpbench.metrics"


@cache
def find(name: str) -> Metric:
    """The metric registered as ``name``.

    Raises:
        UnknownNameError: no such metric; carries near misses.
    """
    metric: Metric = load(ENTRY_GROUP, name)
    return metric


def card(name: str) -> Card:
    """The card of the metric registered as ``name``; raises like `find`."""
    return find(name).card


@cache
def groups() -> dict[str, tuple[str, ...]]:
    """Every group with the names of its metrics, sorted."""
    by_group: dict[str, list[str]] = {}
    for name in names(ENTRY_GROUP):
        by_group.setdefault(card(name).group, []).append(name)
    return {group: tuple(members) for group, members in sorted(by_group.items())}


def resolve(wanted: Iterable[str]) -> list[str]:
    """Names of metrics from names of metrics and groups, in the order asked for, each once.

    Raises:
        UnknownNameError: neither a metric nor a group; carries near misses of both.
    """
    known = groups()
    resolved: dict[str, None] = {}
    for name in wanted:
        members = known.get(name, (name,) if name in names(ENTRY_GROUP) else None)
        if members is None:
            raise UnknownNameError("metric or group", name, [*known, *names(ENTRY_GROUP)])
        resolved.update(dict.fromkeys(members))
    return list(resolved)


def skipped(wanted: Iterable[str], *, truth: bool, camera: bool = False, prompt: bool = True) -> dict[str, str]:
    """Metrics among ``wanted`` that cannot be measured, with the reason in words.

    Args:
        wanted: names of metrics or groups.
        truth: whether the clips come with a true video.
        camera: whether they come with the path of their camera.
        prompt: whether they come with a text of what they were asked to show.
    """
    absent = {
        "truth": None if truth else "needs a true video, which only clips of a world have",
        "camera": None if camera else "needs the path of the camera, which only clips of a world have",
        "prompt": None if prompt else "needs prompts; add --prompts FILE",
    }
    reasons = {}
    for name in resolve(wanted):
        unmet = next((absent[need] for need in card(name).needs if absent.get(need)), None)
        reason = unmet or find(name).missing()
        if reason:
            reasons[name] = reason
    return reasons

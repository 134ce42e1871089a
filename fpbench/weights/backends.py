"""Every set of weights that a metric may need, by the name its card gives it."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from fpbench.errors import PreflightError
from fpbench.weights import (
    brisque,
    clip,
    dino,
    dists,
    efficientnet,
    inception,
    lpips,
    musiq,
    raft,
    transnet,
    vmaf,
    xfeat,
)
from fpbench.weights.hub import HubFile
from fpbench.weights.packaged import PackagedFile

PACKAGED: dict[str, PackagedFile] = {
    **{f"lpips-{net}": file for net, file in lpips.FILES.items()},
    "brisque": brisque.VECTORS,
    "brisque-ranges": brisque.RANGES,
    "dists": dists.FILE,
    "efficientnet-lite0": efficientnet.FILE,
    "transnetv2": transnet.FILE,
    "xfeat": xfeat.FILE,
}
"""Installed by ``make setup``."""
HUB: dict[str, HubFile] = {
    file.name: file for file in (*clip.FILES.values(), clip.AESTHETIC, dino.FILE, inception.FILE, musiq.FILE, raft.FILE)
}
"""Fetched by whoever wants them."""
PROGRAMS: dict[str, vmaf.Program] = {"vmaf": vmaf.PROGRAM}
"""Called as programs, with models inside; installed by whoever wants them."""


@cache
def lacking(name: str) -> str | None:
    """Why a set of weights cannot be used here, with the remedy; None when it can. Loads nothing.

    Raises:
        KeyError: no such set.
    """
    file = (PACKAGED | HUB | PROGRAMS)[name]
    try:
        file.verified()
    except (PreflightError, OSError) as error:
        return str(error)
    return None


def identities(names: Iterable[str]) -> dict[str, dict[str, str | None]]:
    """What a run records about the weights it measured with: source, licence and SHA-256 by name."""
    from fpbench.weights.packaged import sha256

    known = PACKAGED | HUB | PROGRAMS
    return {
        name: {
            "source": getattr(file, "distribution", file.version),
            "version": file.version,
            "licence": file.licence,
            "sha256": sha256(path) if (path := file.locate()) else None,
        }
        for name in names
        if (file := known.get(name))
    }

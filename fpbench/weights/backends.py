"""Every set of weights that a metric may need, by the name its card gives it."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from fpbench.errors import PreflightError
from fpbench.weights import (
    amt,
    brisque,
    clip,
    dino,
    dists,
    efficientnet,
    faces,
    inception,
    lpips,
    minilm,
    musiq,
    raft,
    transnet,
    viclip,
    videomae,
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
    file.name: file
    for file in (
        *clip.FILES.values(),
        clip.AESTHETIC,
        amt.FILE,
        dino.FILE,
        inception.FILE,
        musiq.FILE,
        raft.FILE,
        viclip.FILE,
        videomae.FILE,
    )
}
"""Fetched by whoever wants them."""
EXTRAS: dict[str, PackagedFile | vmaf.Program] = {
    "dlib-face-embedding": faces.EMBEDDER,
    "dlib-face-landmarks": faces.LANDMARKS,
    "minilm-l6-v2": minilm.NETWORK,
    "minilm-l6-v2-tokens": minilm.TOKENS,
    "vmaf": vmaf.PROGRAM,
}
"""Installed by whoever wants them: weights in packages, and a program with models inside."""


@cache
def lacking(name: str) -> str | None:
    """Why a set of weights cannot be used here, with the remedy; None when it can. Loads nothing.

    Raises:
        KeyError: no such set.
    """
    file = (PACKAGED | HUB | EXTRAS)[name]
    try:
        file.verified()
    except (PreflightError, OSError) as error:
        return str(error)
    return None


def identities(names: Iterable[str]) -> dict[str, dict[str, str | None]]:
    """What a run records about the weights it measured with: source, licence and SHA-256 by name."""
    from fpbench.weights.packaged import sha256

    known = PACKAGED | HUB | EXTRAS
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

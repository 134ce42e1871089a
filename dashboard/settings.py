"""Which results folders this process shows, handed from the command line through the environment."""

from __future__ import annotations

import os
from pathlib import Path

RESULTS = "FPBENCH_RESULTS"
"""Environment variable with results folders, separated as in ``PATH``."""


def results_roots() -> tuple[Path, ...]:
    """The results folders to show, absolute; ``results`` in the working directory unless the environment says else."""
    named = [Path(part) for part in os.environ.get(RESULTS, "").split(os.pathsep) if part]
    return tuple(path.absolute() for path in named or [Path("results")])

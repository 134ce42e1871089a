"""Where derived files live that can be rebuilt at any time. What lies there is each module's own business."""

import os
from pathlib import Path


def cache_dir(*parts: str) -> Path:
    """A folder below ``$FPBENCH_CACHE``, or else ``~/.cache/fpbench``; made if missing.

    Args:
        parts: sub-folders, such as the name of the module that stores there.
    """
    root = os.environ.get("FPBENCH_CACHE")
    folder = Path(root).expanduser() if root else Path.home() / ".cache" / "fpbench"
    folder = folder.joinpath(*parts)
    folder.mkdir(parents=True, exist_ok=True)
    return folder

"""What a number depends on besides the protocol: code, packages, machine. Collected, never interpreted."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import fpbench

PACKAGES = (
    "framepack-bench",
    "numpy",
    "torch",
    "opencv-python-headless",
    "scikit-image",
    "scipy",
    "av",
    "pyarrow",
    "vizdoom",
    "lpips",
)


def _git(*arguments: str) -> str | None:
    folder = Path(fpbench.__file__).parent
    try:
        done = subprocess.run(  # noqa: S603 - fixed arguments
            ["git", "-C", str(folder), *arguments],  # noqa: S607
            capture_output=True,
            text=True,
            timeout=10,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()


def git_state() -> dict[str, object]:
    """Commit and dirty flag of the checkout *this package* is in, ``None`` where it is an installed copy.

    The working directory plays no part: it may be somebody else's repository.
    """
    if _git("ls-files", "--error-unmatch", "__init__.py") is None:
        return {"commit": None, "dirty": None}
    return {"commit": _git("rev-parse", "HEAD"), "dirty": bool(_git("status", "--porcelain", "-uno"))}


def packages() -> dict[str, str | None]:
    """Installed versions of everything that can change a number."""

    def installed(name: str) -> str | None:
        try:
            return version(name)
        except PackageNotFoundError:
            return None

    return {name: installed(name) for name in PACKAGES}


def machine(workers: int) -> dict[str, object]:
    """Hardware and interpreter, and how the work was spread: ``workers`` processes of one thread each."""
    return {
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}",
        "processor": _processor(),
        "cpus": os.cpu_count(),
        "device": _device(),
        "workers": workers,
        "threads_per_worker": 1,
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")


def _device() -> str:
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available():
        return str(torch.cuda.get_device_name())
    return "cpu"

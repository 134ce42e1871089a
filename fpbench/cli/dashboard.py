"""``fpbench dashboard``: look at runs in the browser."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from fpbench.cli.options import RESULTS


def dashboard(
    results: Annotated[Path, typer.Argument(help="Results folder.")] = RESULTS,
    port: Annotated[int, typer.Option(help="Port to serve on.")] = 8501,
) -> None:
    """Serve the dashboard for a results folder."""
    from fpbench.errors import FpbenchError

    found = importlib.util.find_spec("dashboard")
    if found is None or not found.submodule_search_locations:
        raise FpbenchError("the dashboard is not installed in this environment; install framepack-bench in full")
    application = Path(found.submodule_search_locations[0]) / "app.py"
    if not application.exists():
        raise FpbenchError(f"{application}: the dashboard is not part of this version yet")
    command = [sys.executable, "-m", "streamlit", "run", str(application), "--server.port", str(port), "--"]
    raise typer.Exit(subprocess.run([*command, str(results)], check=False).returncode)  # noqa: S603

"""``fpbench dashboard``: look at runs in the browser."""

from __future__ import annotations

import importlib.util
import os
import secrets
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from fpbench.cli.options import RESULTS

PORT = typer.Option(help="Port to serve on.")
HOST = typer.Option("--host", help="Address to serve on; others than this machine see it only if you say so.")


def dashboard(
    results: Annotated[
        list[Path] | None, typer.Argument(help="Results folders or runs.", show_default="results")
    ] = None,
    port: Annotated[int, PORT] = 8501,
    host: Annotated[str, HOST] = "127.0.0.1",
) -> None:
    """Serve the dashboard for results folders; runs appear as they are made.

    Results are for researchers: the pages open with the link that is printed, whose key is new at every start unless
    FPBENCH_KEY gives one.
    """
    folders = os.pathsep.join(str(folder.absolute()) for folder in results or [RESULTS])
    key = os.environ.get("FPBENCH_KEY") or secrets.token_urlsafe(16)
    typer.echo(f"dashboard: http://{host}:{port}/?key={key}", err=True)
    serve("server.py", port, host, {"FPBENCH_RESULTS": folders, "FPBENCH_KEY": key})


def serve(application: str, port: int, host: str, environment: dict[str, str], extra: Sequence[str] = ()) -> NoReturn:
    """Become one of the dashboard's applications, so that whoever stops this process stops the server.

    Raises:
        FpbenchError: the dashboard is not installed.
    """
    from fpbench.errors import FpbenchError

    found = importlib.util.find_spec("dashboard")
    if found is None or not found.submodule_search_locations:
        raise FpbenchError("the dashboard is not installed in this environment; install framepack-bench in full")
    script = Path(found.submodule_search_locations[0]) / application
    where = ["--server.port", str(port), "--server.address", host, *extra]
    command = [sys.executable, "-m", "streamlit", "run", str(script), *where]
    os.execve(sys.executable, command, {**os.environ, **environment})  # noqa: S606 - our own arguments

"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

ProtocolFile = Annotated[Path, typer.Argument(help="Protocol file, such as protocols/drift.yaml.", metavar="PROTOCOL")]
RunFolder = Annotated[Path, typer.Argument(help="Folder of a run, such as results/runs/drift-0123456789.")]
RunFolders = Annotated[
    list[Path], typer.Argument(help="Folders of runs, such as results/runs/drift-0123456789.", metavar="RUN...")
]
Results = Annotated[Path, typer.Option("--results", help="Folder for runs and clips.")]
Overrides = Annotated[
    list[str] | None,
    typer.Option("--set", help="Override a value: tasks.count=2, systems.0.sigma=0.1. Recorded."),
]
Workers = Annotated[
    int | None,
    typer.Option("--workers", min=1, help="Worker processes of one thread each.", show_default="CPUs"),
]
ShardOption = Annotated[str | None, typer.Option("--shard", help="Do only part 2 of 8: --shard 2/8.")]

RESULTS = Path("results")

"""``fpbench train``: train a backbone, or fit a codebook, by a recipe."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def train(
    recipe: Annotated[str, typer.Argument(help="Shipped recipe (doom, codebook) or a recipe file.")],
    state: Annotated[Path | None, typer.Option(help="Folder of footage and state; continued if there.")] = None,
    minutes: Annotated[float | None, typer.Option(help="Stop the backbone after this long; state is saved.")] = None,
    start: Annotated[
        str | None, typer.Option(help="Checkpoint whose autoencoder is kept and backbone trained on.")
    ] = None,
    processes: Annotated[int, typer.Option(min=1, help="Data-parallel processes.")] = 1,
) -> None:
    """Train, or continue training, by a recipe."""
    from fpbench.training import train as follow

    path = follow(recipe, minutes=minutes, processes=processes, state=state, start=start, log=typer.echo)
    typer.echo(f"checkpoint: {path}")

"""``fpbench train``: train a backbone by a recipe."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def train(
    recipe: Annotated[str, typer.Argument(help="Name of a shipped recipe or a recipe file.")],
    out: Annotated[Path | None, typer.Option(help="Folder for checkpoints; continues what is there.")] = None,
) -> None:
    """Train, or continue training, by a recipe."""
    from fpbench.training import train as start

    start(recipe, out=out)

"""``fpbench average``: weights between two checkpoints."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def average(
    first: Annotated[str, typer.Argument(help="Checkpoint: a shipped name, a recipe's name, or a .safetensors file.")],
    second: Annotated[str, typer.Argument(help="Another one, trained from the same start.")],
    share: Annotated[float, typer.Option(help="How far from the first to the second, between 0 and 1.")] = 0.5,
    out: Annotated[Path, typer.Option(help="The .safetensors file to write.")] = Path("average.safetensors"),
) -> None:
    """Write a checkpoint that lies between two runs from the same start."""
    from fpbench.training.average import average as between

    typer.echo(f"checkpoint: {between(first, second, share, out)}")

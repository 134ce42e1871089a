"""What ``run``, ``check`` and ``score`` say about metrics that cannot be measured here."""

from __future__ import annotations

from collections.abc import Mapping

import typer


def say_skipped(skipped: Mapping[str, str], measured: int) -> None:
    """A line on stderr for each metric that is left out, and how many are; nothing where none is."""
    for name, reason in skipped.items():
        typer.echo(f"skipped {name}: {reason}", err=True)
    if skipped:
        both = len(skipped) + measured
        typer.echo(f"{len(skipped)} of {both} metrics skipped, {measured} measured", err=True)

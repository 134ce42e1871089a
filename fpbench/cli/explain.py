"""``fpbench explain``: what a strategy sees, section by section."""

from __future__ import annotations

from typing import Annotated

import typer


def explain(
    strategy: Annotated[str, typer.Argument(help="Registered system, such as framepack.")],
    frames: Annotated[int, typer.Option(min=2, help="Length of the video, the first frame included.")] = 145,
    overrides: Annotated[list[str] | None, typer.Option("--set", help="Parameter: order=inverted, sigma=0.1.")] = None,
) -> None:
    """Print the plan of a strategy: targets, context with kernels and times, levels, tokens, forward passes."""
    from fpbench.errors import FpbenchError
    from fpbench.protocol.source import parse_value
    from fpbench.sampling.explain import explain as describe

    params = {}
    for assignment in overrides or []:
        key, equals, value = assignment.partition("=")
        if not equals:
            raise FpbenchError(f"--set {assignment!r}: write it as key=value")
        params[key] = parse_value(value)
    typer.echo(describe({"use": strategy, **params}, frames))

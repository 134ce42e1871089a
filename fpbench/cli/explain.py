"""``fpbench explain``: what a strategy sees, section by section."""

from __future__ import annotations

from typing import Annotated

import typer


def explain(
    strategy: Annotated[str, typer.Argument(help="Registered system, such as framepack.")],
    frames: Annotated[int, typer.Option(min=2, help="Length of the video, the first frame included.")] = 145,
    overrides: Annotated[list[str] | None, typer.Option("--set", help="Parameter: order=inverted, sigma=0.1.")] = None,
    memory: Annotated[
        bool, typer.Option("--memory", help="Which batch of a released model fits a GPU instead.")
    ] = False,
    gpu: Annotated[float, typer.Option(min=1, help="Memory of one GPU in GiB, for --memory.")] = 80,
    gpus: Annotated[int, typer.Option(min=1, help="Number of GPUs, for --memory.")] = 1,
) -> None:
    """Print the plan of a strategy: targets, context with kernels and times, levels, tokens, forward passes."""
    from fpbench.errors import FpbenchError
    from fpbench.protocol.source import parse_value
    from fpbench.sampling.explain import explain as describe
    from fpbench.sampling.explain import explain_memory

    params = {}
    for assignment in overrides or []:
        key, equals, value = assignment.partition("=")
        if not equals:
            raise FpbenchError(f"--set {assignment!r}: write it as key=value")
        params[key] = parse_value(value)
    system = {"use": strategy, **params}
    typer.echo(explain_memory(system, gpu, gpus) if memory else describe(system, frames))

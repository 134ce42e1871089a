"""``fpbench doctor``: is this installation able to run the shipped protocols?"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from fpbench.weights.doctor import Diagnosis

PACKAGES = ("torch", "vizdoom", "av", "cv2", "skimage", "scipy", "pyarrow", "pydantic", "matplotlib")
PREFLIGHT = 4


def doctor() -> None:
    """Check packages, plug-ins, codecs and weights; say what is missing and how to get it."""
    from fpbench.weights.doctor import diagnose

    checks: list[tuple[str, Callable[[], str]]] = [(name, _importer(name)) for name in PACKAGES]
    checks += [(f"plug-ins of {group}", _loader(group)) for group in ("worlds", "systems", "metrics")]
    checks.append(("codecs ffv1 and libx264", _codecs))
    checks += [(f"weights {row.backend}", _weights(row)) for row in diagnose()]
    broken = 0
    for label, test in checks:
        try:
            typer.echo(f"ok      {label}: {test()}")
        except Exception as error:  # noqa: BLE001 - whatever is wrong is the finding
            broken += 1
            typer.secho(f"BROKEN  {label}: {type(error).__name__}: {error}", fg=typer.colors.RED)
    if broken:
        typer.echo(f"{broken} of {len(checks)} checks failed; 'make setup' installs everything", err=True)
        raise typer.Exit(PREFLIGHT)


def _importer(name: str) -> Callable[[], str]:
    return lambda: str(getattr(importlib.import_module(name), "__version__", "imported"))


def _loader(group: str) -> Callable[[], str]:
    from fpbench.registry import load, names

    def check() -> str:
        found = names(f"fpbench.{group}")
        for name in found:
            load(f"fpbench.{group}", name)
        return ", ".join(found)

    return check


def _codecs() -> str:
    import av

    for name in ("ffv1", "libx264"):
        av.Codec(name, "w")
    return f"PyAV {av.__version__}"


def _weights(row: Diagnosis) -> Callable[[], str]:
    def check() -> str:
        if row.status != "ready":
            raise FileNotFoundError(f"{row.status}; {row.remedy}")
        return str(row.where)

    return check

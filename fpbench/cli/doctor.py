"""``fpbench doctor``: is this installation able to run the shipped protocols?"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from fpbench.weights.doctor import Diagnosis

PACKAGES = ("torch", "vizdoom", "av", "cv2", "skimage", "scipy", "pyarrow", "pydantic", "matplotlib")
PREFLIGHT = 4


def doctor(
    fetch: Annotated[
        list[str] | None,
        typer.Option(help="Download the optional weights of that name first; several times.", metavar="NAME"),
    ] = None,
) -> None:
    """Check packages, plug-ins, codecs and weights; say where each is, and how to get what is missing."""
    from fpbench.weights.doctor import diagnose

    for name in fetch or ():
        _fetch(name)
    weights = diagnose()
    checks: list[tuple[str, Callable[[], str]]] = [(name, _importer(name)) for name in PACKAGES]
    checks += [(f"plug-ins of {group}", _loader(group)) for group in ("worlds", "systems", "metrics")]
    checks.append(("codecs ffv1 and libx264", _codecs))
    checks += [(f"weights {row.backend}", _weights(row)) for row in weights if not row.optional]
    broken = 0
    for label, test in checks:
        try:
            typer.echo(f"ok      {label}: {test()}")
        except Exception as error:  # noqa: BLE001 - whatever is wrong is the finding
            broken += 1
            typer.secho(f"BROKEN  {label}: {type(error).__name__}: {error}", fg=typer.colors.RED)
    for row in weights:
        if row.optional:
            broken += row.status == "wrong content"
            _optional(row)
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
        return _facts(row)

    return check


def _facts(row: Diagnosis) -> str:
    return f"{row.where} · {row.licence} · sha256 {str(row.sha256)[:12]}"


def _optional(row: Diagnosis) -> None:
    """One line for weights that an installation can do without; only wrong content is an error."""
    label = f"weights {row.backend} (optional)"
    if row.status == "ready":
        typer.echo(f"ok      {label}: {_facts(row)}")
    elif row.status == "missing":
        typer.echo(f"absent  {label}: {row.licence}; {row.remedy}")
    else:
        typer.secho(f"BROKEN  {label}: {row.where}: {row.status}; {row.remedy}", fg=typer.colors.RED)


def _fetch(name: str) -> None:
    from fpbench.registry import UnknownNameError
    from fpbench.weights.backends import HUB

    if name not in HUB:
        raise UnknownNameError("weights", name, sorted(HUB))
    typer.echo(f"fetched {name}: {HUB[name].fetch()}")

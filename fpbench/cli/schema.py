"""``fpbench schema``: the JSON Schema of protocol files, for editors."""

from __future__ import annotations

import json

import typer


def schema() -> None:
    """Print the JSON Schema of protocol files."""
    from fpbench.protocol import Protocol

    typer.echo(json.dumps(Protocol.model_json_schema(), indent=2))

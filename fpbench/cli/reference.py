"""``fpbench reference``: pages of the manual that are made from the code itself."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from enum import StrEnum
from typing import Annotated, Any, get_args, get_type_hints

import typer
from typer.models import ArgumentInfo


class Page(StrEnum):
    """Pages that can be made."""

    cli = "cli"
    protocol = "protocol"
    layout = "layout"


def reference(page: Annotated[Page, typer.Argument(help="Which page.")]) -> None:
    """Print a page of the reference as Markdown: the commands, protocol files, or layout files."""
    typer.echo(make_page(page), nl=False)


def make_page(page: Page) -> str:
    """The page as Markdown."""
    if page is Page.cli:
        return _commands()
    if page is Page.protocol:
        from fpbench.protocol import Protocol
        from fpbench.report.schema_page import schema_page

        return schema_page(Protocol, "Protocol files", "fpbench reference protocol")
    from fpbench.report.layout import Layout
    from fpbench.report.schema_page import schema_page

    return schema_page(Layout, "Layout files", "fpbench reference layout")


def _commands() -> str:
    from fpbench.cli import app

    parts = [
        "# Commands\n",
        "Made by `fpbench reference cli` from the commands themselves.\n",
        f"{app.info.help}\n",
        f"{app.info.epilog}\n",
    ]
    for path, callback in sorted(commands(app, "fpbench"), key=lambda pair: pair[0]):
        parts += [f"## {path}\n", f"{_line(callback.__doc__)}\n", *_parameters(callback)]
    return "\n".join(parts)


def commands(app: typer.Typer, path: str) -> Iterator[tuple[str, Callable[..., None]]]:
    """Every command below ``app`` as one would type it, and the function behind it."""
    for one in app.registered_commands:
        if one.callback is not None:
            yield f"{path} {one.name}", one.callback
    for group in app.registered_groups:
        if group.typer_instance is not None:
            yield from commands(group.typer_instance, f"{path} {group.name}")


def _parameters(callback: Callable[..., None]) -> list[str]:
    from fpbench.report.markdown import escape

    hints, rows = get_type_hints(callback, include_extras=True), []
    for name, parameter in inspect.signature(callback).parameters.items():
        kind, facts = get_args(hints[name])[:2]
        choices = _choices(kind)
        meaning = " ".join(filter(None, [_line(facts.help), f"One of {choices}." if choices else ""]))
        rows.append(f"| `{_name(name, facts)}` | {escape(meaning)} | {escape(_default(parameter, facts))} |")
    return ["| | | default |", "| :-- | :-- | :-- |", *rows, ""] if rows else []


def _name(name: str, facts: Any) -> str:
    if isinstance(facts, ArgumentInfo):
        return str(facts.metavar or name.upper())
    given = [facts.default, *(facts.param_decls or ())]  # inside Annotated, the first name takes the place of a default
    names = [one for one in given if isinstance(one, str) and one.startswith("-")]
    return ", ".join(names or [f"--{name.replace('_', '-')}"])


def _choices(kind: Any) -> str:
    alternatives = [one for one in (kind, *get_args(kind)) if isinstance(one, type) and issubclass(one, StrEnum)]
    return " · ".join(member.value for one in alternatives for member in one)


def _default(parameter: inspect.Parameter, facts: Any) -> str:
    if parameter.default is inspect.Parameter.empty:
        return "required"
    if isinstance(facts.show_default, str):
        return facts.show_default
    if parameter.default is None or parameter.default is False:
        return ""
    return str(getattr(parameter.default, "value", parameter.default))


def _line(text: str | None) -> str:
    return re.sub(r"\s+", " ", text or "").strip()

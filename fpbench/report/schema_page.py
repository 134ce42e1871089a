"""A pydantic model as a page of the manual: every field of every part, its type, default and meaning."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from fpbench.report.markdown import escape

if TYPE_CHECKING:
    from pydantic import BaseModel


def schema_page(model: type[BaseModel], title: str, command: str) -> str:
    """The page of a file format as Markdown.

    Args:
        model: of the whole file.
        command: that makes this page, for its readers.
    """
    schema = model.model_json_schema()
    parts = {model.__name__: schema, **schema.get("$defs", {})}
    texts = [f"# {title}\n", f"Made by `{command}` from the model that reads them.\n"]
    for name, part in parts.items():
        if "properties" in part:
            texts += [f"## {name}\n", *_part(name, part)]
    return "\n".join(texts)


def _part(name: str, part: Mapping[str, Any]) -> list[str]:
    summary, meanings = _docstring(str(part.get("description", "")))
    rows = []
    for field, facts in part["properties"].items():
        default = "required" if field in part.get("required", ()) else _value(facts.get("default"))
        rows.append(f"| `{field}` | {escape(_type(facts))} | {escape(default)} | {_prose(meanings.get(field, ''))} |")
    extra = [] if part.get("additionalProperties") is False else [f"Other keys are parameters of the {name}.\n"]
    return [
        f"{escape(summary)}\n",
        "| key | type | default | meaning |",
        "| :-- | :-- | :-- | :-- |",
        *rows,
        "",
        *extra,
    ]


def _docstring(text: str) -> tuple[str, dict[str, str]]:
    """The summary, and what the section of attributes says of each; attributes that share a line share its meaning."""
    summary, _, attributes = inspect.cleandoc(text).partition("Attributes:")
    meanings: dict[str, str] = {}
    for line in re.split(r"\n(?= {4}\S)", attributes):
        names, colon, meaning = line.partition(":")
        if colon:
            meanings |= dict.fromkeys((name.strip() for name in names.split(",")), " ".join(meaning.split()))
    return " ".join(summary.split()), meanings


def _type(facts: Mapping[str, Any]) -> str:
    if "$ref" in facts:
        return str(facts["$ref"]).rpartition("/")[2]
    if "anyOf" in facts:
        return " or ".join(_type(one) for one in facts["anyOf"] if one.get("type") != "null")
    if "enum" in facts or "const" in facts:
        return " or ".join(map(str, facts.get("enum", [facts.get("const")])))
    kind = str(facts.get("type", "any value"))
    if kind == "array":
        return f"list of {_type(facts['items'])}"
    if kind == "object":
        values = facts.get("additionalProperties", True)
        return f"mapping to {_type(values)}" if isinstance(values, dict) else "mapping"
    limits = {"minimum": "≥", "maximum": "≤", "exclusiveMinimum": ">", "maxLength": "length ≤"}
    bounds = [f"{sign} {facts[key]}" for key, sign in limits.items() if key in facts]
    return " ".join([kind, *bounds])


def _value(value: object) -> str:
    return "" if value in (None, "", [], {}, ()) else str(value).lower() if isinstance(value, bool) else str(value)


def _prose(text: str) -> str:
    """Words of a docstring in Markdown: what it marks as code stays code."""
    parts = text.split("``")
    return "".join(f"`{part}`" if position % 2 else escape(part) for position, part in enumerate(parts))

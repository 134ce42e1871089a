"""A YAML text that remembers the line of every value, and overrides laid over it. No knowledge of protocols."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from fpbench.errors import FpbenchError

Location = tuple[str | int, ...]


class ProtocolError(FpbenchError):
    """What is wrong at one place of a protocol.

    Attributes:
        location: path of the offending value, such as ``("systems", 2, "order")``.
    """

    def __init__(self, location: Location, problem: str) -> None:
        super().__init__(f"{dotted(location)}: {problem}" if location else problem)
        self.location, self.problem = location, problem


class _Loader(yaml.SafeLoader):
    """YAML 1.1 reads ``1e-3`` as a string and ``on`` as true; every author means the number and the word."""


_TRUE_OR_FALSE = "tag:yaml.org,2002:bool"
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != _TRUE_OR_FALSE]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(_TRUE_OR_FALSE, re.compile(r"^(true|True|TRUE|false|False|FALSE)$"), list("tTfF"))
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"^[-+]?\d+(\.\d*)?[eE][-+]?\d+$"), list("-+0123456789")
)


def dotted(location: Location) -> str:
    """``("systems", 2, "order")`` as ``systems[2].order``."""
    text = ""
    for part in location:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text


def parse_value(text: str) -> Any:
    """One YAML value from the command line: ``0.1``, ``[1, 2]``, ``vanilla``."""
    return yaml.load(text, Loader=_Loader)  # noqa: S506 - a SafeLoader with one more number format


@dataclass(frozen=True)
class Source:
    """A protocol as given.

    Attributes:
        name: file name for messages.
        text: the YAML as read.
        data: what it says, overrides applied.
        lines: 1-based line of every key and list item.
        overrides: ``a.b=c`` assignments laid over the file, as given.
    """

    name: str
    text: str
    data: Any
    lines: dict[Location, int]
    overrides: tuple[str, ...] = ()
    overridden: frozenset[Location] = field(default_factory=frozenset)

    def where(self, location: Location) -> str:
        """``drift.yaml:12: systems[2].order`` for the deepest known part of ``location``."""
        label = dotted(location) or "protocol"
        for depth in range(len(location), -1, -1):
            if location[:depth] in self.overridden:
                return f"{self.name}: {label} (from --set)"
            if location[:depth] in self.lines:
                return f"{self.name}:{self.lines[location[:depth]]}: {label}"
        return f"{self.name}: {label}"

    def explain(self, error: ProtocolError) -> FpbenchError:
        """The same error with file and line in front, for the user."""
        return FpbenchError(f"{self.where(error.location)}: {error.problem}")


def _walk(node: yaml.Node, location: Location, lines: dict[Location, int], name: str) -> None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            inner = (*location, key.value)
            line = key.start_mark.line + 1
            if inner in lines:
                raise FpbenchError(f"{name}:{line}: {dotted(inner)} is given twice (first on line {lines[inner]})")
            lines[inner] = line
            _walk(value, inner, lines, name)
    elif isinstance(node, yaml.SequenceNode):
        for position, value in enumerate(node.value):
            lines[*location, position] = value.start_mark.line + 1
            _walk(value, (*location, position), lines, name)


def parse_yaml(text: str, name: str) -> Source:
    """Read YAML and remember lines.

    Raises:
        FpbenchError: not YAML, a repeated key, or no mapping at the top.
    """
    loader = _Loader(text)
    lines: dict[Location, int] = {}
    try:
        node = loader.get_single_node()
        if not isinstance(node, yaml.MappingNode):
            raise FpbenchError(f"{name}: a protocol is a mapping of keys such as 'name:' and 'systems:'")
        _walk(node, (), lines, name)
        data = loader.construct_document(node)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f"{name}:{mark.line + 1}:{mark.column + 1}" if mark else name
        raise FpbenchError(f"{place}: not valid YAML: {error.problem}") from error
    finally:
        loader.dispose()
    return Source(name=name, text=text, data=data, lines=lines)


def read_yaml(path: Path) -> Source:
    """``parse_yaml`` of a file.

    Raises:
        FpbenchError: the file is missing, unreadable or not UTF-8.
    """
    try:
        return parse_yaml(path.read_text(encoding="utf-8"), str(path))
    except FileNotFoundError as error:
        raise FpbenchError(f"{path}: no such protocol file; shipped ones are in protocols/") from error
    except (OSError, UnicodeDecodeError) as error:
        raise FpbenchError(f"{path}: cannot be read: {error}") from error


def _key_path(path: str) -> Location:
    return tuple(int(part) if part.isdigit() else part for part in path.replace("[", ".").replace("]", "").split("."))


def override(source: Source, assignments: Sequence[str]) -> Source:
    """Lay ``--set a.b=c`` assignments over a source; list items by number (``systems.0.sigma=0.1``).

    Raises:
        FpbenchError: no ``=``, no such place, or a value that is not YAML.
    """
    data, places = source.data, set(source.overridden)
    for assignment in assignments:
        path, equals, text = assignment.partition("=")
        location = _key_path(path.strip())
        if not equals or not all(part != "" for part in location):
            raise FpbenchError(f"--set {assignment!r}: write it as key.inner=value")
        try:
            data = _replaced(data, location, parse_value(text))
        except (KeyError, IndexError, TypeError, yaml.YAMLError) as error:
            raise FpbenchError(f"--set {assignment!r}: no place {dotted(location)} in {source.name}") from error
        places.add(location)
    return Source(source.name, source.text, data, source.lines, (*source.overrides, *assignments), frozenset(places))


def _replaced(data: Any, location: Location, value: Any) -> Any:
    head, rest = location[0], location[1:]
    if isinstance(data, list) and isinstance(head, int):
        items = list(data)
        items[head] = _replaced(items[head], rest, value) if rest else value
        return items
    if isinstance(data, dict):
        return data | {str(head): _replaced(data.get(str(head), {}), rest, value) if rest else value}
    raise TypeError(head)

"""From a YAML file to a checked ``Protocol``: every error names file, line, path, value and the nearest valid one.

Building systems and looking for weights is preflight (``fpbench.runs.preflight``), not done here.
"""

from __future__ import annotations

import inspect
import typing
from collections.abc import Iterator, Sequence
from pathlib import Path

from pydantic import BaseModel, ValidationError

from fpbench import registry
from fpbench.errors import FpbenchError
from fpbench.protocol.comparison import named
from fpbench.protocol.matrix import expand
from fpbench.protocol.model import Protocol, suggest
from fpbench.protocol.source import Location, ProtocolError, Source, override, parse_yaml, read_yaml

if typing.TYPE_CHECKING:
    from pydantic_core import ErrorDetails


def load_protocol(path: Path, overrides: Sequence[str] = ()) -> tuple[Protocol, Source]:
    """Read, override and validate a protocol file; also the source, which knows the lines.

    Raises:
        FpbenchError: everything wrong with it, one line per problem.
    """
    source = override(read_yaml(path), overrides)
    return validate(source), source


def parse_protocol(text: str, name: str = "protocol", overrides: Sequence[str] = ()) -> tuple[Protocol, Source]:
    """``load_protocol`` from a string."""
    source = override(parse_yaml(text, name), overrides)
    return validate(source), source


def validate(source: Source) -> Protocol:
    """The protocol that ``source`` describes.

    Raises:
        FpbenchError: all problems of its shape, or all unknown names, one line each.
    """
    try:
        protocol = Protocol.model_validate(source.data)
    except ValidationError as error:
        problems = [_shape_problem(source, detail) for detail in _causes(error)]
        raise FpbenchError("\n".join(problems)) from error
    names = list(_name_problems(protocol))
    if names:
        raise FpbenchError("\n".join(str(source.explain(problem)) for problem in names))
    return protocol


def _causes(error: ValidationError) -> list[ErrorDetails]:
    """The errors without those that only follow: a list is "too short" once its wrong items are taken out."""
    details = error.errors(include_url=False)
    return [
        one
        for one in details
        if not (one["type"] == "too_short" and any(other["loc"][:-1] == one["loc"] for other in details))
    ]


def _shape_problem(source: Source, detail: ErrorDetails) -> str:
    location: Location = tuple(part for part in detail["loc"] if part != "[key]")
    kind, value = detail["type"], detail["input"]
    if kind == "extra_forbidden":
        known = _fields_at(Protocol, location[:-1])
        return f"{source.where(location)}: unknown key {location[-1]!r}; {suggest(str(location[-1]), known)}"
    if kind == "missing":
        return f"{source.where(location)}: this key is required"
    message = detail["msg"].removeprefix("Value error, ")
    offending = "" if kind == "value_error" else f", got {value!r}"
    return f"{source.where(location)}: {message}{offending}"


def _model_in(annotation: object) -> type[BaseModel] | None:
    """The pydantic model inside ``tuple[Model, ...]``, ``Annotated[Model, ...]`` or ``Model | None``."""
    if inspect.isclass(annotation) and typing.get_origin(annotation) is None:
        return annotation if issubclass(annotation, BaseModel) else None
    found = (_model_in(argument) for argument in typing.get_args(annotation))
    return next((model for model in found if model), None)


def _fields_at(model: type[BaseModel], location: Location) -> list[str]:
    for part in location:
        if isinstance(part, str) and part in model.model_fields:
            model = _model_in(model.model_fields[part].annotation) or model
    return list(model.model_fields)


def _name_problems(protocol: Protocol) -> Iterator[ProtocolError]:
    worlds = registry.names("fpbench.worlds")
    if protocol.world.partition(":")[0] not in worlds:
        yield ProtocolError(("world",), f"unknown world {protocol.world!r}; {suggest(protocol.world, worlds)}")
    systems = registry.names("fpbench.systems")
    for position, entry in enumerate(protocol.systems):
        if entry.use not in systems:
            problem = f"unknown system {entry.use!r}; {suggest(entry.use, systems)}"
            yield ProtocolError(("systems", position, "use"), problem)
    yield from _metric_problems(protocol)
    try:
        names = [spec.name for spec in expand(protocol)]
    except ProtocolError as error:
        yield error
        return
    yield from _comparison_problems(protocol, names)
    if protocol.reference is not None and protocol.reference not in names:
        problem = f"no system is named {protocol.reference!r}; {suggest(protocol.reference, names)}"
        yield ProtocolError(("reference",), problem)


def _comparison_problems(protocol: Protocol, systems: Sequence[str]) -> Iterator[ProtocolError]:
    seen: set[str] = set()
    for position, comparison in enumerate(protocol.comparisons):
        place: Location = ("comparisons", position)
        if comparison.name in seen:
            yield ProtocolError((*place, "name"), f"{comparison.name!r} appears twice")
        seen.add(comparison.name)
        if comparison.kind not in (None, *protocol.tasks.kinds):
            problem = f"no task is a {comparison.kind!r}; {suggest(str(comparison.kind), protocol.tasks.kinds)}"
            yield ProtocolError((*place, "kind"), problem)
        for side in ("first", "second"):
            for number, pattern in enumerate(getattr(comparison, side)):
                if not named([pattern], systems):
                    problem = f"no system is named {pattern!r}; {suggest(pattern, systems)}"
                    yield ProtocolError((*place, side, number), problem)


def _metric_problems(protocol: Protocol) -> Iterator[ProtocolError]:
    from fpbench import metrics

    known: list[str] = []
    for position, name in enumerate(protocol.metrics):
        try:
            known += metrics.resolve([name])
        except FpbenchError as error:
            yield ProtocolError(("metrics", position), str(error))
    for location, name in protocol.metrics_relied_on():
        if name not in known:
            problem = f"{name!r} is not among the metrics of this protocol; {suggest(name, known)}"
            yield ProtocolError(location, problem)

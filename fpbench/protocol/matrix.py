"""Expansion of the ``systems`` list: one entry with a matrix stands for the product of its values."""

from __future__ import annotations

import itertools
import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from fpbench.protocol.fingerprint import canonical_json
from fpbench.protocol.model import Protocol, Sampling, SystemEntry
from fpbench.protocol.source import ProtocolError

if TYPE_CHECKING:
    from pydantic import JsonValue


@dataclass(frozen=True)
class SystemSpec:
    """Everything needed to build one system, and where in the file it was asked for.

    Attributes:
        entry: position of its entry under ``systems``, for error messages.
    """

    use: str
    name: str
    params: dict[str, JsonValue]
    backbone: str
    sampling: Sampling
    entry: int

    @property
    def key(self) -> str:
        """Hashable and picklable form; ``from_key`` reads it back."""
        return canonical_json(asdict(self))

    @classmethod
    def from_key(cls, key: str) -> SystemSpec:
        """The specification that ``key`` stands for."""
        return cls(**json.loads(key))


def _text(value: JsonValue) -> str:
    return value if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else str(value)


def _expand_entry(protocol: Protocol, position: int, entry: SystemEntry) -> list[SystemSpec]:
    base = entry.name or entry.use
    specs = []
    for values in itertools.product(*entry.matrix.values()):
        point = dict(zip(entry.matrix, values, strict=True))
        label = ",".join(f"{key}={_text(value)}" for key, value in point.items())
        specs.append(
            SystemSpec(
                use=entry.use,
                name=f"{base}[{label}]" if label else base,
                params=entry.params | point,
                backbone=entry.backbone or protocol.backbone,
                sampling={**protocol.sampling, **entry.sampling},
                entry=position,
            )
        )
    return specs


def expand(protocol: Protocol) -> list[SystemSpec]:
    """The systems of a protocol in order, names unique: ``diffusion_forcing[sigma=0.1]`` for a matrix point.

    Raises:
        ProtocolError: two systems of the same name, or a parameter both fixed and in the matrix.
    """
    specs: list[SystemSpec] = []
    seen: dict[str, int] = {}
    for position, entry in enumerate(protocol.systems):
        if both := sorted(entry.params.keys() & entry.matrix.keys()):
            raise ProtocolError(
                ("systems", position, "matrix"),
                f"{both[0]!r} is both a parameter and in the matrix; keep one",
            )
        for spec in _expand_entry(protocol, position, entry):
            if spec.name in seen:
                raise ProtocolError(
                    ("systems", position),
                    f"the name {spec.name!r} is already taken by systems[{seen[spec.name]}];"
                    " give one of them its own 'name:'",
                )
            seen[spec.name] = position
            specs.append(spec)
    return specs

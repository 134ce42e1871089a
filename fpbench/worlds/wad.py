"""Doom map lumps: read from a WAD, made ready for filming, written back as a PWAD. No geometry, no engine.

The binary layout is the classic Doom format (https://doomwiki.org/wiki/WAD): a directory of lumps in which a
zero-sized marker such as ``E1M1`` is followed by the ten lumps of that map.
"""

from __future__ import annotations

import hashlib
import re
import struct
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fpbench.cache import write_atomically

THING = np.dtype([("x", "<i2"), ("y", "<i2"), ("angle", "<i2"), ("type", "<i2"), ("flags", "<i2")])
LINE = np.dtype(
    [
        ("start", "<u2"),
        ("end", "<u2"),
        ("flags", "<u2"),
        ("special", "<u2"),
        ("tag", "<u2"),
        ("front", "<u2"),
        ("back", "<u2"),
    ]
)
SIDE = np.dtype([("x", "<i2"), ("y", "<i2"), ("upper", "S8"), ("lower", "S8"), ("middle", "S8"), ("sector", "<u2")])
VERTEX = np.dtype([("x", "<i2"), ("y", "<i2")])
SECTOR = np.dtype(
    [
        ("floor", "<i2"),
        ("ceiling", "<i2"),
        ("floor_flat", "S8"),
        ("ceiling_flat", "S8"),
        ("light", "<i2"),
        ("special", "<i2"),
        ("tag", "<i2"),
    ]
)

NO_SIDE = 0xFFFF
BODY_HEIGHT = 56
LIGHT_FLOOR = 192
BARREL = 2035
MONSTERS = frozenset((7, 9, 16, 58, 64, 65, 66, 67, 68, 69, 71, 72, 84, 87, 88, 89, 3001, 3002, 3003, 3004, 3005, 3006))
_MARKER = re.compile(r"E\dM\d|MAP\d\d")
_MAP_LUMPS = 10


@dataclass(frozen=True, eq=False)
class Level:
    """The lumps of one map that decide where a camera can stand; structured arrays of the dtypes above."""

    name: str
    things: NDArray[np.void]
    lines: NDArray[np.void]
    sides: NDArray[np.void]
    vertices: NDArray[np.void]
    sectors: NDArray[np.void]

    def sectors_beside(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Sector index in front of and behind every line, -1 where a line has no such side."""

        def sector(side: NDArray[np.uint16]) -> NDArray[np.int64]:
            present = side != NO_SIDE
            return np.where(present, self.sides["sector"][np.where(present, side, 0)].astype(np.int64), -1)

        return sector(self.lines["front"]), sector(self.lines["back"])


def read_lumps(path: Path) -> list[tuple[str, bytes]]:
    """Every lump of a WAD in directory order.

    Raises:
        ValueError: the file is not a WAD.
    """
    data = path.read_bytes()
    magic, count, offset = struct.unpack_from("<4sii", data)
    if magic not in (b"IWAD", b"PWAD"):
        raise ValueError(f"{path} is not a WAD file: it begins with {magic!r}, expected b'IWAD' or b'PWAD'")
    lumps = []
    for start, size, name in struct.iter_unpack("<ii8s", data[offset : offset + 16 * count]):
        lumps.append((name.rstrip(b"\0").decode("ascii"), data[start : start + size]))
    return lumps


def levels(lumps: list[tuple[str, bytes]]) -> dict[str, dict[str, bytes]]:
    """The lumps of every map by map name, in file order."""
    found = {}
    for i, (name, _) in enumerate(lumps):
        if _MARKER.fullmatch(name):
            found[name] = dict(lumps[i + 1 : i + 1 + _MAP_LUMPS])
    return found


def parse(name: str, lumps: dict[str, bytes]) -> Level:
    """Structured arrays out of the raw lumps of one map."""
    return Level(
        name=name,
        things=np.frombuffer(lumps["THINGS"], THING),
        lines=np.frombuffer(lumps["LINEDEFS"], LINE),
        sides=np.frombuffer(lumps["SIDEDEFS"], SIDE),
        vertices=np.frombuffer(lumps["VERTEXES"], VERTEX),
        sectors=np.frombuffer(lumps["SECTORS"], SECTOR),
    )


def still(level: Level) -> Level:
    """The map as it is filmed: nothing flickers, scrolls, hurts or blocks a doorway, and nothing is too dark.

    All specials are cleared, sectors are lit with at least ``LIGHT_FLOOR``, shut doors are opened, monsters
    and barrels are left out. Lines, sides and vertices keep their number and place, so BSP and BLOCKMAP stay
    valid.
    """
    lines = level.lines.copy()
    lines["special"] = 0
    sectors = level.sectors.copy()
    sectors["special"] = 0
    sectors["light"] = np.maximum(sectors["light"], LIGHT_FLOOR)
    sectors["ceiling"] = _opened_ceilings(level)
    absent = np.isin(level.things["type"], [*MONSTERS, BARREL])
    return replace(level, lines=lines, sectors=sectors, things=level.things[~absent])


def _opened_ceilings(level: Level) -> NDArray[np.int16]:
    """Ceilings with every shut sector raised to its lowest neighbour, where a body then fits under it."""
    front, back = level.sectors_beside()
    floor, ceiling = level.sectors["floor"], level.sectors["ceiling"].copy()
    shut = ceiling <= floor
    two_sided = (front >= 0) & (back >= 0)
    for sector in np.flatnonzero(shut):
        across = np.concatenate([back[two_sided & (front == sector)], front[two_sided & (back == sector)]])
        across = across[~shut[across]]
        if len(across) and (lowest := level.sectors["ceiling"][across].min()) - floor[sector] >= BODY_HEIGHT:
            ceiling[sector] = lowest
    return ceiling


def write_still_pwad(source: Path, folder: Path) -> Path:
    """Write all maps of a WAD, made still, as a PWAD into ``folder`` and return its path.

    The name carries the hash of the content, so processes can share the file and a new recipe never meets an
    old one.
    """
    content = _pwad(
        [entry for name, lumps in levels(read_lumps(source)).items() for entry in _still_lumps(name, lumps)]
    )
    path = folder / f"{source.stem}-{hashlib.sha256(content).hexdigest()[:16]}.wad"
    if not path.is_file() or path.read_bytes() != content:
        write_atomically(path, content)
    return path


def _still_lumps(name: str, lumps: dict[str, bytes]) -> list[tuple[str, bytes]]:
    level = still(parse(name, lumps))
    changed = {
        "THINGS": level.things.tobytes(),
        "LINEDEFS": level.lines.tobytes(),
        "SECTORS": level.sectors.tobytes(),
    }
    return [(name, b""), *({**lumps, **changed}).items()]


def _pwad(lumps: list[tuple[str, bytes]]) -> bytes:
    body, directory, offset = bytearray(), bytearray(), 12
    for name, data in lumps:
        directory += struct.pack("<ii8s", offset, len(data), name.encode("ascii"))
        body += data
        offset += len(data)
    return struct.pack("<4sii", b"PWAD", len(lumps), offset) + bytes(body) + bytes(directory)

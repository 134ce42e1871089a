"""Packing schedules: the paper's naming grammar and the token arithmetic behind it (arXiv 2504.12626 §3.2, §4.1)."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from typing import Literal

Tail = Literal["td", "ta", "tc"]
"""What happens to frames beyond the pack: delete, append, compress."""


class PackError(ValueError):
    """A pack name that does not parse, or a schedule that cannot exist."""


@dataclass(frozen=True, order=True)
class Kernel:
    """A patchify kernel (= stride) over time, height and width; ``kN`` is (N, 2N, 2N)."""

    time: int
    height: int
    width: int

    @classmethod
    def cubic(cls, n: int) -> Kernel:
        return cls(n, 2 * n, 2 * n)

    def __str__(self) -> str:
        if self == Kernel.cubic(self.time):
            return f"k{self.time}"
        return f"k{self.time}h{self.height}w{self.width}"

    @property
    def volume(self) -> int:
        """Latent pixels under one token."""
        return self.time * self.height * self.width

    @property
    def rate(self) -> float:
        """Compression relative to (1, 2, 2): the convention of Fig. 1."""
        return self.volume / 4

    def grid(self, frames: int, height: int, width: int) -> tuple[int, int, int]:
        """Token grid of ``frames`` latent frames, every axis padded up to the kernel."""
        return (
            math.ceil(frames / self.time),
            math.ceil(height / self.height),
            math.ceil(width / self.width),
        )

    def tokens(self, frames: int, height: int, width: int) -> int:
        return math.prod(self.grid(frames, height, width))


@dataclass(frozen=True)
class Group:
    """``frames`` contiguous latent frames patchified with one kernel, e.g. ``f16k4``."""

    frames: int
    kernel: Kernel

    def __post_init__(self) -> None:
        if self.frames < 1:
            raise PackError(f"f{self.frames}{self.kernel}: a group needs at least one frame")
        if self.frames % self.kernel.time:
            raise PackError(
                f"f{self.frames}{self.kernel}: {self.frames} frames are not divisible by the temporal kernel "
                f"{self.kernel.time}; the nearest that is: f{_nearest(self.frames, self.kernel.time)}{self.kernel}"
            )

    def __str__(self) -> str:
        return f"f{self.frames}{self.kernel}"


def _nearest(frames: int, kernel: int) -> int:
    return max(kernel, kernel * round(frames / kernel))


Groups = tuple[Group, ...]

_GROUP = re.compile(r"f(\d+)k(\d+)(?:h(\d+)w(\d+))?")
_GROUPS = re.compile(r"(?:f\d+k\d+(?:h\d+w\d+)?)+")
_SECTION = re.compile(r"g(\d+)")


def _parse_groups(text: str) -> Groups:
    found = []
    for frames, time, height, width in _GROUP.findall(text):
        n = int(time)
        if n < 1 or height == "0" or width == "0":
            raise PackError(f"{text!r}: a kernel needs at least one latent pixel on every axis")
        kernel = Kernel(n, int(height), int(width)) if height else Kernel.cubic(n)
        found.append(Group(int(frames), kernel))
    return tuple(found)


@dataclass(frozen=True)
class Side:
    """Context on one side of the section, in time order.

    Attributes:
        near: groups that touch the section.
        far: groups behind a gap (``x``), such as a first frame or a planned endpoint.
        tail: what happens to frames beyond ``near``; None means this side has no tail rule.
    """

    near: Groups = ()
    far: Groups = ()
    tail: Tail | None = None

    @property
    def reach(self) -> int:
        """Frames that ``near`` covers."""
        return sum(group.frames for group in self.near)


@dataclass(frozen=True)
class Pack:
    """A whole packing schedule; the name reads left to right in time.

    ``td_f16k4f2k2f1k1_g9`` sees 19 past frames and makes 9; ``f1k1_x_g9_f1k1f2k2f16k4_td`` sees the first frame
    across a gap and 19 frames of the already generated future; ``+D`` means discretised history.
    """

    past: Side
    section: int
    future: Side
    discrete: bool = False

    @classmethod
    def parse(cls, name: str) -> Pack:
        """Read a name of the paper's grammar; ``str`` writes it back.

        Raises:
            PackError: with the token that does not fit and what would.
        """
        text, plus, suffix = name.strip().partition("+")
        if plus and suffix not in ("D", "d"):
            raise PackError(f"pack {name!r}: unknown suffix '+{suffix}'; only '+D' (discrete history) exists")
        tokens = text.split("_")
        sections = [i for i, token in enumerate(tokens) if _SECTION.fullmatch(token)]
        if len(sections) != 1:
            raise PackError(f"pack {name!r}: needs exactly one section token such as 'g9', found {len(sections)}")
        middle = sections[0]
        size = int(tokens[middle][1:])
        if size < 1:
            raise PackError(f"pack {name!r}: a section needs at least one frame, got 'g{size}'")
        past = _parse_side(tokens[:middle], name)
        # The future side is written nearest first; mirrored, it obeys the same order as the past side.
        future = _parse_side(tokens[middle + 1 :][::-1], name)
        return cls(past, size, future, discrete=bool(plus))

    def __str__(self) -> str:
        text = "_".join([*_print_side(self.past), f"g{self.section}", *_print_side(self.future)[::-1]])
        return text + "+D" * self.discrete

    def with_section(self, frames: int) -> Pack:
        return replace(self, section=frames)

    @property
    def groups(self) -> Groups:
        """All context groups, left to right in time."""
        return (*self.past.far, *self.past.near, *self.future.near, *self.future.far)

    def context_tokens(self, height: int, width: int) -> int:
        """Converged context length for (height, width) latent frames, tail not counted."""
        return sum(group.kernel.tokens(group.frames, height, width) for group in self.groups)

    def section_tokens(self, height: int, width: int) -> int:
        return Kernel.cubic(1).tokens(self.section, height, width)


def _parse_side(tokens: list[str], name: str) -> Side:
    """One side, tokens ordered from far to near."""
    tail: Tail | None = None
    blocks: list[Groups] = []
    gap = False
    for i, token in enumerate(tokens):
        if token in ("td", "ta", "tc") and i == 0:
            tail = token  # type: ignore[assignment]
        elif token == "x":
            if gap:
                raise PackError(f"pack {name!r}: 'x' stands twice on one side")
            gap = True
        elif _GROUPS.fullmatch(token):
            blocks.append(_parse_groups(token))
        else:
            raise PackError(
                f"pack {name!r}: token {token!r} does not fit; expected td/ta/tc at the outer end, x, gN, "
                "or groups such as f16k4f2k2f1k1"
            )
    if gap:
        far, near = (blocks[0], blocks[1] if len(blocks) > 1 else ()) if blocks else ((), ())
    else:
        far, near = (), blocks[0] if blocks else ()
    if len(blocks) > 1 + gap or (gap and not blocks):
        raise PackError(f"pack {name!r}: groups on one side must touch; put 'x' where frames are skipped")
    return Side(near, far, tail)


def _print_side(side: Side) -> list[str]:
    """Tokens from far to near, the inverse of `_parse_side`."""
    tokens: list[str] = [side.tail] if side.tail else []
    if side.far:
        tokens += ["".join(map(str, side.far)), "x"]
    if side.near:
        tokens.append("".join(map(str, side.near)))
    return tokens

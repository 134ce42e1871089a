"""Anybody's clips as the cells of a run: one folder per system, clips paired by file name. Nothing is decoded here."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from fpbench.errors import FpbenchError
from fpbench.protocol import digest


@dataclass(frozen=True)
class FileName:
    """What clips of several systems have in common when nothing is known but their files.

    Attributes:
        id: file name without its ending.
    """

    id: str
    split: str = "given"
    kind: str = "clip"
    place: str = ""


@dataclass(frozen=True)
class ClipFile:
    """One file of one system.

    Attributes:
        clip: content address: hash of the file and of the frame rate it is measured at.
        path: the file; the folder where there is none.
        problem: why it cannot be scored, in one line; empty when it may be tried.
        prompt: what it was asked to show, None where nobody said.
    """

    system: str
    task: FileName
    clip: str
    path: Path
    problem: str = ""
    seed: int = 0
    prompt: str | None = None


def system_folders(arguments: Sequence[str]) -> dict[str, Path]:
    """Folders by system: ``outputs/ours`` is named after itself, ``ours=run7/videos`` as it says.

    Raises:
        FpbenchError: none given, one is missing or empty, or two have the same name.
    """
    found: dict[str, Path] = {}
    for argument in arguments:
        given, equals, place = argument.partition("=")
        folder = Path(place if equals else argument)
        name = given if equals else folder.resolve().name
        if not folder.is_dir():
            raise FpbenchError(f"{folder}: no such folder")
        if not files_in(folder):
            raise FpbenchError(f"{folder}: no files in it")
        if name in found:
            raise FpbenchError(f"{found[name]} and {folder} are both named {name!r}; name one: other={folder}")
        found[name] = folder
    return found


def files_in(folder: Path) -> list[Path]:
    """The files of a folder, sorted; hidden files and sub-folders are passed over."""
    return sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))


def find_clips(
    systems: Mapping[str, Path], fps: float | None, prompts: Mapping[str, str] | None = None
) -> Iterator[ClipFile]:
    """Every clip of every system, a problem where its file is no use.

    Args:
        systems: folder by system.
        fps: rate to measure at instead of the file's own; part of the address.
        prompts: what a clip was asked to show, by file name without its ending; part of the address.
    """
    for system, folder in systems.items():
        sharing: dict[str, list[Path]] = {}
        for path in files_in(folder):
            sharing.setdefault(path.stem, []).append(path)
        for stem, paths in sharing.items():
            yield _clip(system, stem, paths, fps, (prompts or {}).get(stem))


def _clip(system: str, stem: str, paths: Sequence[Path], fps: float | None, prompt: str | None) -> ClipFile:
    task = FileName(stem)
    if len(paths) > 1:
        names = " and ".join(path.name for path in paths)
        problem = f"{paths[0].parent}: {names} have the same name; keep one of them"
        return ClipFile(system, task, digest([str(path) for path in paths]), paths[0], problem)
    path = paths[0]
    try:
        with path.open("rb") as file:
            content = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        return ClipFile(system, task, digest(str(path)), path, f"{path}: cannot be read ({error.strerror})")
    asked = {} if prompt is None else {"prompt": prompt}
    return ClipFile(system, task, digest({"file": content, "fps": fps, **asked}), path, prompt=prompt)


def without_partner(
    clips: Sequence[ClipFile], scored: Sequence[ClipFile], systems: Mapping[str, Path]
) -> list[ClipFile]:
    """A clip with a problem for every system that lacks a file which another system was scored on."""
    there = {(clip.system, clip.task.id) for clip in clips}
    wanted = sorted({clip.task.id for clip in scored})
    return [
        ClipFile(system, FileName(stem), digest([system, stem]), folder, f"{folder}: has no clip named {stem!r}")
        for system, folder in systems.items()
        for stem in wanted
        if (system, stem) not in there
    ]

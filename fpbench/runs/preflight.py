"""Everything that can be known to fail before the first frame: systems, weights, metrics, world, disk."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fpbench.errors import FpbenchError, PreflightError
from fpbench.protocol import Protocol, ProtocolError, Source, SystemSpec, digest, expand
from fpbench.runs.cells import GENERATION_VERSION, Batch, batches_of, world_fingerprint
from fpbench.worlds.task import World, has_truth, open_world

if TYPE_CHECKING:
    from fpbench.systems import System

BYTES_PER_PIXEL = 2.5
"""Of master, preview and series together; FFV1 needs 1.5 to 2.4 bytes per RGB pixel of textured footage."""
SPARE_BYTES = 64 * 2**20


@dataclass(frozen=True)
class Plan:
    """A protocol that was found able to run here.

    Attributes:
        run_id: ``<protocol>-<fingerprint>``: the same for the same protocol, systems, metrics and world.
        cards, fingerprints: of the systems, by row name.
        metrics: metric name to version.
        skipped: metrics of the groups asked for that cannot be measured here, with the reason.
    """

    protocol: Protocol
    source: Source
    run_id: str
    world: World
    specs: tuple[SystemSpec, ...]
    batches: tuple[Batch, ...]
    cards: dict[str, dict[str, object]]
    fingerprints: dict[str, dict[str, object]]
    metrics: dict[str, int]
    skipped: dict[str, str]

    @property
    def world_card(self) -> dict[str, object]:
        """What of the world decides its pixels."""
        return world_fingerprint(self.world)

    @property
    def cell_count(self) -> int:
        """Cells of all systems, shared clips counted for each."""
        return sum(len(batch.clips) for batch in self.batches)


def preflight(protocol: Protocol, source: Source, results: Path) -> Plan:
    """Build every system, find every metric, and see whether the clips will fit.

    Of a group, metrics that cannot be measured here are skipped and kept with their reason, as by ``fpbench score``;
    one that the protocol names itself is an error.

    Raises:
        PreflightError: what is missing, at which line of the protocol, and what to do about it.
    """
    specs = tuple(expand(protocol))
    world = _world(protocol, source)
    metrics, absent = _metric_versions(protocol, source, truth=has_truth(world))
    systems = {spec.name: _build(spec, source, protocol.tasks.frames) for spec in specs}
    fingerprints = {name: system.fingerprint() for name, system in systems.items()}
    batches = _batches(protocol, source, world, specs, fingerprints)
    check_disk(results, protocol, world, len(specs))
    return Plan(
        protocol=protocol,
        source=source,
        run_id=f"{protocol.name}-{_fingerprint(protocol, world, fingerprints, metrics)[:10]}",
        world=world,
        specs=specs,
        batches=batches,
        cards={name: system.card() for name, system in systems.items()},
        fingerprints=fingerprints,
        metrics=metrics,
        skipped=absent,
    )


def _fingerprint(protocol: Protocol, world: World, systems: Mapping[str, object], metrics: Mapping[str, int]) -> str:
    # What is asked of a run belongs to it; a protocol that asks nothing keeps the address it had before one could.
    silent = {"title", "minutes"} | (set() if protocol.comparisons else {"comparisons"})
    resolved = protocol.model_dump(mode="json", exclude=silent)
    place = world_fingerprint(world)
    return digest([GENERATION_VERSION, resolved, place, dict(systems), dict(metrics)])


def _metric_versions(protocol: Protocol, source: Source, *, truth: bool) -> tuple[dict[str, int], dict[str, str]]:
    """Versions of the metrics that can be measured here, and why the others of their groups cannot."""
    from fpbench.metrics import card, resolve, skipped

    absent = skipped(protocol.metrics, truth=truth, camera=truth)
    listed = [(("metrics", position), name) for position, name in enumerate(protocol.metrics)]
    for location, name in [*listed, *protocol.metrics_relied_on()]:
        if name in absent:
            raise PreflightError(f"{source.where(location)}: {name} cannot be measured: {absent[name]}")
    versions = {name: card(name).version for name in resolve(protocol.metrics) if name not in absent}
    return versions, absent


def _world(protocol: Protocol, source: Source) -> World:
    try:
        return open_world(protocol.world)
    except (FpbenchError, ImportError, OSError) as error:
        raise PreflightError(f"{source.where(('world',))}: {protocol.world!r} cannot be opened: {error}") from error


def _build(spec: SystemSpec, source: Source, frames: int) -> System:
    from fpbench.framepack import PackError
    from fpbench.systems import Sampled, build

    try:
        system = build(spec.use, spec.params, name=spec.name, backbone=spec.backbone, sampling=spec.sampling)
        if isinstance(system, Sampled):
            system.generation_order(frames)  # an impossible plan is found before the first clip
        return system
    except ProtocolError as error:
        place = ("systems", spec.entry, *error.location)
        raise PreflightError(f"{source.where(place)}: {spec.name}: {error.problem}") from error
    except (FpbenchError, PackError, ImportError, OSError) as error:
        raise PreflightError(f"{source.where(('systems', spec.entry))}: {spec.name}: {error}") from error


def _batches(
    protocol: Protocol,
    source: Source,
    world: World,
    specs: Sequence[SystemSpec],
    fingerprints: Mapping[str, Any],
) -> tuple[Batch, ...]:
    try:
        return tuple(batches_of(protocol, world, specs, fingerprints))
    except (FpbenchError, ValueError, LookupError) as error:
        raise PreflightError(f"{source.where(('tasks',))}: {error}") from error


def needed_bytes(protocol: Protocol, world: World, systems: int) -> int:
    """Upper estimate of the bytes of a whole run."""
    tasks = protocol.tasks
    clips = systems * len(protocol.seeds) * len(tasks.splits) * len(tasks.kinds) * tasks.count
    return int(clips * tasks.frames * world.height * world.width * BYTES_PER_PIXEL)


def check_disk(results: Path, protocol: Protocol, world: World, systems: int) -> None:
    """Refuse to start what cannot end.

    Raises:
        PreflightError: less free space than the run may need.
    """
    existing = next(folder for folder in (results.absolute(), *results.absolute().parents) if folder.exists())
    free, need = shutil.disk_usage(existing).free, needed_bytes(protocol, world, systems) + SPARE_BYTES
    if free < need:
        raise PreflightError(
            f"{results}: the run may need {need / 2**20:.0f} MB and {free / 2**20:.0f} MB are free;"
            " free some space or choose another folder with --results"
        )

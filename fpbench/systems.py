"""Systems under test: a strategy on a backbone, or anything else that can make a video for a task.

``build`` turns a protocol's entry into a system. Baselines are factories registered under ``fpbench.systems``; they
return a `Strategy`, which is then run on the protocol's backbone, or a `System` of their own.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from fpbench.errors import FpbenchError
from fpbench.registry import load

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from fpbench.models.checkpoint import Checkpoint
    from fpbench.models.codebook import CodebookFile
    from fpbench.sampling import Strategy
    from fpbench.sampling.flow import Solver
    from fpbench.worlds import Task, World

GROUP = "fpbench.systems"


class SystemBuildError(FpbenchError):
    """A system that cannot be built: wrong parameters, or a checkpoint that lacks what the strategy requires."""


@runtime_checkable
class System(Protocol):
    """Anything that makes videos for tasks."""

    @property
    def name(self) -> str:
        """Row name in tables."""
        ...

    def fingerprint(self) -> dict[str, object]:
        """JSON-able record of everything that determines the clips besides task and seed."""
        ...

    def card(self) -> dict[str, object]:
        """JSON-able facts for tables."""
        ...

    def generate(self, world: World, tasks: Sequence[Task], seed: int) -> list[NDArray[np.uint8]]:
        """One (task.frames, height, width, 3) video per task; frame 0 is the given first frame."""
        ...


@dataclass(frozen=True)
class Sampled:
    """A strategy on a backbone.

    Attributes:
        name: row name in tables.
        strategy: what is sampled how.
        backbone: shipped name or path of a checkpoint.
        steps, shift, solver: of the flow.
        source: where the strategy comes from.
    """

    name: str
    strategy: Strategy
    backbone: str
    steps: int = 8
    shift: float = 1.0
    solver: Solver = "euler"
    source: str = ""

    def fingerprint(self) -> dict[str, object]:
        return {
            "strategy": self.strategy.as_dict(),
            "steps": self.steps,
            "shift": self.shift,
            "solver": self.solver,
            "weights": self.checkpoint.sha256,
            **({} if (found := self.codebook) is None else {"codebook": found.sha256}),
        }

    def card(self) -> dict[str, object]:
        checkpoint = self.checkpoint
        height, width = checkpoint.frame_shape[1:]
        return {
            "source": self.source,
            "strategy": self.strategy.as_dict(),
            "context_tokens": self.strategy.pack.context_tokens(height, width),
            "section_tokens": self.strategy.pack.section_tokens(height, width),
            "passes_per_frame": self.strategy.passes_per_frame(self.steps, self.shift),
        }

    def generation_order(self, frames: int) -> list[int]:
        return self.strategy.plan(frames).generation_order()

    def generate(self, world: World, tasks: Sequence[Task], seed: int) -> list[NDArray[np.uint8]]:
        import torch

        from fpbench.models.autoencoder import to_tensor
        from fpbench.sampling.flow import levels
        from fpbench.sampling.noise import NoiseBank
        from fpbench.sampling.rollout import rollout

        checkpoint, found = self.checkpoint, self.codebook
        films = [world.film(task) for task in tasks]
        codec, backbone = checkpoint.codec(), checkpoint.backbone()
        poses = torch.stack([torch.tensor(task.poses) for task in tasks])
        noise = NoiseBank([task.id for task in tasks], seed, checkpoint.frame_shape)
        with torch.inference_mode():
            given = torch.stack([codec.encode(to_tensor(film[:1])) for film in films])
            latents = rollout(
                self.strategy, backbone, given, poses, noise, levels(self.steps, self.shift), solver=self.solver,
                codebook=None if found is None else found.codebook,
                recode=lambda made: torch.stack([codec.encode(to_tensor(codec.paint_video(clip))) for clip in made]),
            )  # fmt: skip
            return [codec.paint_video(clip) for clip in latents]

    @property
    def checkpoint(self) -> Checkpoint:
        """The opened backbone."""
        from fpbench.models.checkpoint import open_checkpoint

        return open_checkpoint(self.backbone)

    @property
    def codebook(self) -> CodebookFile | None:
        """The opened codebook of a strategy with discrete history.

        Raises:
            SystemBuildError: the strategy names none.
            CheckpointError: it does not exist, or is not one for this backbone.
        """
        from fpbench.models.codebook import open_codebook

        if not self.strategy.pack.discrete:
            return None
        if self.strategy.codebook is None:
            raise SystemBuildError(f"system {self.name!r}: pack '{self.strategy.pack}' needs a codebook=PATH")
        return open_codebook(self.strategy.codebook).fitting(self.checkpoint)


def make(use: str, params: Mapping[str, object]) -> Strategy | System:
    """What the factory registered as ``use`` makes of its parameters.

    Raises:
        UnknownNameError: no such system.
        SystemBuildError: parameters or values the factory does not take.
    """
    factory = load(GROUP, use)
    known = ", ".join(inspect.signature(factory).parameters) or "none"
    try:
        bound = inspect.signature(factory).bind(**params)
    except TypeError as error:
        raise SystemBuildError(f"system {use!r}: {error}; its parameters: {known}") from None
    try:
        made: Strategy | System = factory(*bound.args, **bound.kwargs)
    except (ValueError, TypeError) as error:
        raise SystemBuildError(f"system {use!r}: {error}") from error
    return made


def build(
    use: str,
    params: Mapping[str, object],
    *,
    name: str | None = None,
    backbone: str = "doom",
    sampling: Mapping[str, object] | None = None,
) -> System:
    """The system that a protocol entry describes.

    Args:
        use: registered name under ``fpbench.systems``.
        params: arguments of its factory.
        name: row name; default ``use``.
        backbone: checkpoint that strategies run on.
        sampling: solver settings: steps, shift.

    Raises:
        UnknownNameError: no such system.
        FpbenchError: parameters the factory does not take, or a requirement the checkpoint lacks.
    """
    made = make(use, params)
    if isinstance(made, System):
        return made
    source = (inspect.getdoc(load(GROUP, use)) or "").partition("\n")[0]
    system = Sampled(name or use, made, backbone, source=source, **dict(sampling or {}))  # type: ignore[arg-type]
    _ = system.codebook
    lacking = made.requires - system.checkpoint.capabilities
    if lacking:
        raise SystemBuildError(
            f"system {system.name!r} requires {', '.join(sorted(lacking))}, which checkpoint {backbone!r} was not "
            "trained for; choose another checkpoint or strategy"
        )
    return system

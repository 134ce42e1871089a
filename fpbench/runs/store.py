"""Where everything lies under ``results/``. Reading and writing the things themselves is ``clips`` and ``series``."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Store:
    """Paths of clips and measurements, shared by all runs, and of the runs.

    Attributes:
        root: the results folder.
        label: keeps the temporary files of one run (and shard) apart from those of others.
    """

    root: Path
    label: str = "anonymous"

    @classmethod
    def of(cls, run: Path) -> Store:
        """Where the clips of a run in a folder lie: in the results folder around it, or inside it when published."""
        return cls(run if (run / "clips").is_dir() else run.absolute().parent.parent)

    @property
    def scratch(self) -> Path:
        """Temporary files; on the file system of the results, so that renaming them is atomic."""
        return self.root / "tmp" / self.label

    @property
    def runs(self) -> Path:
        """The folder of all run folders."""
        return self.root / "runs"

    def clip(self, clip: str) -> Path:
        """The lossless master."""
        return self.root / "clips" / clip[:2] / f"{clip}.mkv"

    def preview(self, clip: str) -> Path:
        """The browser-playable copy."""
        return self.root / "clips" / clip[:2] / f"{clip}.mp4"

    def facts(self, clip: str) -> Path:
        """What the clip is; written last, so its presence means that the clip is complete."""
        return self.root / "clips" / clip[:2] / f"{clip}.json"

    def series(self, clip: str) -> Path:
        """Measured series of the clip."""
        return self.root / "measurements" / clip[:2] / f"{clip}.parquet"

    def has_clip(self, clip: str) -> bool:
        """Whether a complete clip is stored."""
        return self.facts(clip).is_file() and self.clip(clip).is_file()

    def footage(self, clip: str) -> Path | None:
        """The best copy of a complete clip: its master, else the preview of one that was made elsewhere."""
        copies = (path for path in (self.clip(clip), self.preview(clip)) if path.is_file())
        return next(copies, None) if self.facts(clip).is_file() else None

    def sweep(self) -> None:
        """Remove what a killed process of the same run left behind; only the holder of the run's lock may."""
        shutil.rmtree(self.scratch, ignore_errors=True)

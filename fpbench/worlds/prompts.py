"""A list of images and prompts as a world: ``prompts:tasks.yaml``. What is not given (a true video) is not invented.

::

    height: 480
    width: 832
    fps: 30
    tasks:
      - {image: penguin.png, prompt: "a penguin dances in the snow"}
      - {image: street.png, prompt: "a walk down the street", last: corner.png, video: street.mp4}
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
import yaml
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from fpbench.errors import PreflightError
from fpbench.worlds.errors import TaskError
from fpbench.worlds.task import Task

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

SPLIT, KIND = "test-far", "walk"
"""The only ones there are: nothing here was seen in training, and nobody steers the camera."""


class PromptsError(PreflightError):
    """A task list that cannot be read, or names a picture that is not there."""


class Entry(BaseModel):
    """One line of the list; paths are relative to its folder.

    Attributes:
        image: first frame.
        prompt: what should happen.
        last: last frame.
        video: the true video, which starts with the first frame.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    image: Path
    prompt: str = ""
    last: Path | None = None
    video: Path | None = None


class TaskList(BaseModel):
    """The whole file. Pictures are scaled and cropped in the middle to height x width."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    height: Annotated[int, Field(ge=16, multiple_of=16)]
    width: Annotated[int, Field(ge=16, multiple_of=16)]
    fps: Annotated[float, Field(gt=0)] = 30.0
    tasks: Annotated[tuple[Entry, ...], Field(min_length=1)]


class Prompts:
    """Tasks from a file; see the module's example."""

    focal = 1.0
    unit = 1.0

    def __init__(self, path: str = "") -> None:
        self.path = Path(path).expanduser()
        if not path or not self.path.is_file():
            raise PromptsError(f"no task list at {path!r}; write the world as 'prompts:path/to/tasks.yaml'")
        try:
            self.list = TaskList.model_validate(yaml.safe_load(self.path.read_text(encoding="utf-8")))
        except (yaml.YAMLError, ValidationError) as error:
            raise PromptsError(f"{self.path}: {error}") from None
        self.name = f"prompts:{path}"
        self.height, self.width, self.fps = self.list.height, self.list.width, self.list.fps
        self.has_truth = all(entry.video for entry in self.list.tasks)
        for entry in self.list.tasks:
            self._check(entry)

    def fingerprint(self) -> dict[str, object]:
        """The list and every file in it, by content."""
        digest = hashlib.sha256(self.path.read_bytes())
        for entry in self.list.tasks:
            for path in (entry.image, entry.last, entry.video):
                digest.update(self._at(path).read_bytes() if path else b"-")
        return {"name": "prompts", "list": digest.hexdigest()}

    def task(self, split: str, kind: str, index: int, *, frames: int, seed: int = 0) -> Task:
        """The ``index``-th line.

        Raises:
            TaskError: another split or kind than the only ones, or fewer lines than that.
        """
        if (split, kind) != (SPLIT, KIND):
            raise TaskError(f"{self.path}: a task list has only split {SPLIT!r} and kind {KIND!r}, not {split}/{kind}")
        if index >= len(self.list.tasks):
            raise TaskError(f"{self.path}: task {index + 1} of {len(self.list.tasks)} was asked for; lower tasks.count")
        entry = self.list.tasks[index]
        poses = np.zeros((frames, 4))
        return Task("prompts", split, kind, seed, index, entry.image.stem, poses, entry.prompt)

    def film(self, task: Task) -> NDArray[np.uint8]:
        """The true video where there is one; else the first frame, repeated (see ``has_truth``)."""
        entry = self.list.tasks[task.index]
        if entry.video:
            return self._video(self._at(entry.video), task.frames)
        still = self._picture(entry.image)
        return np.broadcast_to(still, (task.frames, *still.shape))

    def last(self, task: Task) -> NDArray[np.uint8] | None:
        """The given last frame."""
        path = self.list.tasks[task.index].last
        return self._picture(path) if path else None

    def _at(self, path: Path) -> Path:
        return self.path.parent / path.expanduser()

    def _check(self, entry: Entry) -> None:
        for path in (entry.image, entry.last, entry.video):
            if path and not self._at(path).is_file():
                raise PromptsError(f"{self.path}: {path}: no such file")

    def _picture(self, path: Path) -> NDArray[np.uint8]:
        from PIL import Image

        with Image.open(self._at(path)) as image:
            return self._fit(image.convert("RGB"))

    def _video(self, path: Path, frames: int) -> NDArray[np.uint8]:
        import av
        from PIL import Image

        found = []
        with av.open(str(path)) as container:
            for frame in container.decode(video=0):
                found.append(self._fit(Image.fromarray(frame.to_ndarray(format="rgb24"))))
                if len(found) == frames:
                    return np.stack(found)
        raise TaskError(f"{path}: has {len(found)} frames, {frames} were asked for; lower tasks.frames")

    def _fit(self, image: Picture) -> NDArray[np.uint8]:
        """The middle of a picture, scaled to the world's size."""
        from PIL import ImageOps

        return np.asarray(ImageOps.fit(image, (self.width, self.height)), np.uint8)

"""Task lists of images and prompts: what is given is shown, what is not is not invented."""

from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from fpbench.worlds import open_world
from fpbench.worlds.errors import TaskError
from fpbench.worlds.prompts import Prompts, PromptsError
from fpbench.worlds.task import has_truth

RNG = np.random.default_rng(0)
PICTURE = RNG.integers(0, 256, (16, 32, 3), dtype=np.uint8)


def world(folder: Path, tasks: str, size: str = "height: 16\nwidth: 32") -> Prompts:
    Image.fromarray(PICTURE).save(folder / "a.png")
    path = folder / "tasks.yaml"
    path.write_text(f"{size}\nfps: 24\ntasks: [{tasks}]\n")
    opened = open_world(f"prompts:{path}")
    assert isinstance(opened, Prompts)
    return opened


def test_a_task_has_its_prompt_and_first_frame(tmp_path: Path) -> None:
    place = world(tmp_path, "{image: a.png, prompt: a walk}, {image: a.png}")
    task = place.task("test-far", "walk", 0, frames=7)
    assert (task.prompt, task.place, task.frames, place.fps) == ("a walk", "a", 7, 24)
    assert place.film(task).shape == (7, 16, 32, 3)
    assert np.array_equal(place.film(task)[0], PICTURE)
    assert place.task("test-far", "walk", 1, frames=7).id != task.id


def test_without_a_video_there_is_no_truth(tmp_path: Path) -> None:
    place = world(tmp_path, "{image: a.png, last: a.png}, {image: a.png}")
    assert not has_truth(place)
    shown = [place.last(place.task("test-far", "walk", index, frames=2)) for index in (0, 1)]
    assert np.array_equal(shown[0], PICTURE)
    assert shown[1] is None


def test_a_given_video_is_the_truth(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "a.mkv"), "w") as container:
        stream = container.add_stream("ffv1", rate=24)
        stream.width, stream.height, stream.pix_fmt = 32, 16, "bgr0"
        for shade in (10, 60, 110):
            frame = av.VideoFrame.from_ndarray(np.full((16, 32, 3), shade, np.uint8), format="rgb24")
            container.mux(stream.encode(frame.reformat(format="bgr0")))
        container.mux(stream.encode())
    place = world(tmp_path, "{image: a.png, video: a.mkv}")
    assert has_truth(place)
    assert place.film(place.task("test-far", "walk", 0, frames=3)).mean((1, 2, 3)).tolist() == [10, 60, 110]
    with pytest.raises(TaskError, match="has 3 frames, 4 were asked for"):
        place.film(place.task("test-far", "walk", 0, frames=4))


def test_pictures_are_cropped_in_the_middle(tmp_path: Path) -> None:
    wide = np.zeros((16, 64, 3), np.uint8)
    wide[:, 16:48] = 200
    Image.fromarray(wide).save(tmp_path / "wide.png")
    place = world(tmp_path, "{image: wide.png}")
    assert (place.film(place.task("test-far", "walk", 0, frames=1)) == 200).all()


def test_the_fingerprint_follows_the_pictures(tmp_path: Path) -> None:
    place = world(tmp_path, "{image: a.png}")
    before = place.fingerprint()
    Image.fromarray(255 - PICTURE).save(tmp_path / "a.png")
    assert place.fingerprint() != before


@pytest.mark.parametrize(
    ("tasks", "size", "message"),
    [
        ("{image: b.png}", "height: 16\nwidth: 32", "b.png: no such file"),
        ("{image: a.png, promt: x}", "height: 16\nwidth: 32", "promt"),
        ("{image: a.png}", "height: 20\nwidth: 32", "height"),
        ("", "height: 16\nwidth: 32", "tasks"),
    ],
)
def test_a_wrong_list_names_file_and_value(tasks: str, size: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(PromptsError, match=message) as caught:
        world(tmp_path, tasks, size)
    assert "tasks.yaml" in str(caught.value)


def test_other_tasks_do_not_exist(tmp_path: Path) -> None:
    place = world(tmp_path, "{image: a.png}")
    with pytest.raises(TaskError, match="only split 'test-far'"):
        place.task("train", "walk", 0, frames=2)
    with pytest.raises(TaskError, match=r"lower tasks\.count"):
        place.task("test-far", "walk", 1, frames=2)
    with pytest.raises(PromptsError, match="prompts:path/to/tasks"):
        open_world("prompts")

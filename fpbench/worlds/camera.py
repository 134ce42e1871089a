"""Film Doom maps by teleport: one engine per WAD, exact poses, same pose = same bytes. No planning here.

The engine is ViZDoom with the Freedoom WADs that its wheel contains. The world stands still (``freeze``) and
velocity is always zero, so a picture depends on the pose alone.
"""

from __future__ import annotations

import atexit
import os
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fpbench.cache import cache_dir
from fpbench.worlds.errors import EngineError
from fpbench.worlds.poses import TURN_UNITS
from fpbench.worlds.wad import write_still_pwad

HEIGHT, WIDTH = 64, 96
_CROP = (16, 24, 304, 216)  # centre 288 x 192 of the engine's 320 x 240
_SHRINK = 3
_GAMMA_TABLE = np.rint(255 * (np.arange(256) / 255) ** (1 / 1.6)).astype(np.uint8)
_SEED = 1
_IGNORED_TICS, _SETTLE_TICS = 10, 20
_RISE_TICS = 3  # the eye reaches its height over the floor 3 tics after a teleport


@dataclass(frozen=True, eq=False)
class Footage:
    """What came out of the camera.

    Attributes:
        frames: (n, 64, 96, 3) uint8 RGB.
        heights: (n,) float64, height of the floor the camera stood on, map units.
    """

    frames: NDArray[np.uint8]
    heights: NDArray[np.float64]


def wad_folder() -> Path:
    """The folder of the Freedoom WADs inside the installed engine.

    Raises:
        EngineError: ``vizdoom`` is not installed.
    """
    return Path(_vizdoom().__file__).parent


def _vizdoom() -> Any:
    try:
        import vizdoom
    except ImportError as error:
        raise EngineError(
            f"world 'doom' needs the package 'vizdoom', which cannot be imported ({error}); "
            "install it with: pip install 'vizdoom>=1.3.2,<1.4'"
        ) from error
    return vizdoom


class Camera:
    """One running engine with all maps of one WAD."""

    def __init__(self, wad: str) -> None:
        self.wad = wad
        self._map = ""
        self._units = 0
        self._lock = Lock()  # one conversation with the engine at a time
        self._game = _configured(wad)
        # The engine leaves files in the directory it is started in, at start and at exit.
        self._folder = tempfile.TemporaryDirectory(prefix="fpbench-doom-", ignore_cleanup_errors=True)
        try:
            _start(self._game, self._folder.name)
        except BaseException:
            self._folder.cleanup()
            raise

    def shoot(self, map_name: str, xy: NDArray[np.int64], units: NDArray[np.int64]) -> Footage:
        """Film a list of poses.

        Args:
            map_name: for example ``"E1M1"``.
            xy: (n, 2) whole map units within a signed 16-bit range.
            units: (n,) headings in engine angle units, [0, 65,536).

        Raises:
            EngineError: the engine stood elsewhere than it was told.
        """
        with self._lock:
            return self._shot(map_name, xy, units)

    def close(self) -> None:
        """Stop the engine."""
        self._game.close()
        self._folder.cleanup()

    def _shot(self, map_name: str, xy: NDArray[np.int64], units: NDArray[np.int64]) -> Footage:
        from PIL import Image

        self._enter(map_name)
        frames = np.empty((len(xy), HEIGHT, WIDTH, 3), np.uint8)
        heights = np.empty(len(xy), np.float64)
        for i, (place, angle) in enumerate(zip(xy.tolist(), units.tolist(), strict=True)):
            state = self._teleported(map_name, place, angle)
            frames[i] = np.asarray(Image.fromarray(state.screen_buffer).reduce(_SHRINK, box=_CROP))
            heights[i] = state.game_variables[2]
        return Footage(_GAMMA_TABLE[frames], heights)

    def _teleported(self, map_name: str, place: list[int], angle: int) -> Any:
        game = self._game
        game.send_game_command(f"warp {place[0]} {place[1]}")
        turn = (angle - self._units + TURN_UNITS // 2) % TURN_UNITS - TURN_UNITS // 2
        game.set_action([-turn * 360 / TURN_UNITS])  # the button turns right
        game.advance_action(1, False)
        game.set_action([0.0])
        game.advance_action(_RISE_TICS, True)
        self._units = angle
        state = game.get_state()
        x, y, _, degrees = state.game_variables if state else (np.nan,) * 4
        if (x, y) != tuple(place) or round(degrees * TURN_UNITS / 360) % TURN_UNITS != angle:
            raise EngineError(
                f"{self.wad}/{map_name}: told to stand at {place}, heading {angle}, the engine reports "
                f"({x}, {y}), {degrees} degrees; is the installed vizdoom older than 1.3.2?"
            )
        return state

    def _enter(self, map_name: str) -> None:
        """Load a map and let it settle. Seeding before every episode fixes the phase of animated things."""
        if map_name == self._map:
            return
        game = self._game
        game.set_doom_map(map_name)
        game.set_seed(_SEED)
        game.new_episode()
        game.set_action([0.0])
        game.advance_action(_IGNORED_TICS, False)
        for command in ("god", "freeze", "r_clearbuffer 1"):
            game.send_game_command(command)
        game.advance_action(_SETTLE_TICS, True)
        self._map = map_name
        self._units = round(game.get_state().game_variables[3] * TURN_UNITS / 360) % TURN_UNITS


def _configured(wad: str) -> Any:
    vd = _vizdoom()
    game = vd.DoomGame()
    source = wad_folder() / f"{wad}.wad"
    game.set_doom_game_path(str(source))
    game.set_doom_scenario_path(str(_still_maps(source)))
    game.set_doom_map("E1M1" if wad == "freedoom1" else "MAP01")
    _show_the_world_alone(game, vd)
    return game


def _start(game: Any, folder: str) -> None:
    home = Path.cwd()
    os.chdir(folder)
    try:
        game.init()
    except _vizdoom().ViZDoomErrorException as error:
        raise EngineError(f"the Doom engine did not start: {error}") from error
    finally:
        os.chdir(home)


def _still_maps(source: Path) -> Path:
    try:
        return write_still_pwad(source, cache_dir("doom"))
    except OSError as error:
        raise EngineError(
            f"cannot write the maps of {source.name}: {error}; let FPBENCH_CACHE name a writable folder"
        ) from error


def _show_the_world_alone(game: Any, vd: Any) -> None:
    game.set_window_visible(False)
    game.set_sound_enabled(False)
    game.set_screen_format(vd.ScreenFormat.RGB24)
    game.set_screen_resolution(vd.ScreenResolution.RES_320X240)
    for part in ("hud", "minimal_hud", "weapon", "crosshair", "decals", "particles", "effects_sprites"):
        getattr(game, f"set_render_{part}")(False)
    for part in ("messages", "corpses", "screen_flashes"):
        getattr(game, f"set_render_{part}")(False)
    game.set_episode_timeout(0)
    game.set_available_buttons([vd.Button.TURN_LEFT_RIGHT_DELTA])
    variables = vd.GameVariable
    game.set_available_game_variables(
        [variables.POSITION_X, variables.POSITION_Y, variables.POSITION_Z, variables.ANGLE]
    )
    game.set_mode(vd.Mode.PLAYER)
    game.add_game_args("-nomonsters +sv_cheats 1 +movebob 0 +stillbob 0")


def camera(wad: str) -> Camera:
    """This process's camera for a WAD, started on first use."""
    return _camera(wad, os.getpid())


@cache
def _camera(wad: str, _process: int) -> Camera:
    """One per process, because a forked child must not talk to its parent's engine."""
    opened = Camera(wad)
    atexit.register(opened.close)
    return opened

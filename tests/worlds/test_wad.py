import struct

import numpy as np
import pytest

from fpbench.worlds import wad
from fpbench.worlds.camera import wad_folder


def test_a_shut_door_is_raised_to_its_lower_neighbour(row_of_rooms):
    level = row_of_rooms([0, 400, 432, 800], [(0, 200), (0, 0), (8, 128)])
    assert wad.still(level).sectors["ceiling"].tolist() == [200, 128, 128]


def test_a_door_too_low_for_a_body_stays_shut(row_of_rooms):
    level = row_of_rooms([0, 400, 432, 800], [(0, 200), (0, 0), (0, 55)])
    assert wad.still(level).sectors["ceiling"].tolist() == [200, 0, 55]


def test_nothing_moves_hurts_or_hides_in_a_still_map(row_of_rooms):
    still = wad.still(row_of_rooms([0, 800], [(0, 200)], things=[(9, 9, 3001), (9, 9, 2035), (9, 9, 2012)]))
    assert not still.lines["special"].any()
    assert not still.sectors["special"].any()
    assert still.sectors["light"].min() == wad.LIGHT_FLOOR
    assert still.things["type"].tolist() == [2012]


def test_the_written_pwad_reads_back_and_keeps_every_other_lump(tmp_path):
    source = wad_folder() / "freedoom1.wad"
    original = wad.levels(wad.read_lumps(source))
    written = wad.levels(wad.read_lumps(wad.write_still_pwad(source, tmp_path)))
    assert len(original) == 36
    assert list(written) == list(original)
    changed = {"THINGS", "LINEDEFS", "SECTORS"}
    for name, lumps in original.items():
        assert {k: v for k, v in lumps.items() if k not in changed} == {
            k: v for k, v in written[name].items() if k not in changed
        }
        assert not wad.parse(name, written[name]).lines["special"].any()


def test_a_damaged_pwad_is_written_again(tmp_path):
    source = wad_folder() / "freedoom1.wad"
    path = wad.write_still_pwad(source, tmp_path)
    good = path.read_bytes()
    path.write_bytes(bytes(len(good)))
    assert wad.write_still_pwad(source, tmp_path) == path
    assert path.read_bytes() == good
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def test_a_file_that_is_no_wad_is_refused(tmp_path):
    path = tmp_path / "x.wad"
    path.write_bytes(struct.pack("<4sii", b"JUNK", 0, 12))
    with pytest.raises(ValueError, match=r"x\.wad is not a WAD file"):
        wad.read_lumps(path)


def test_sectors_beside_lines_without_a_back_are_minus_one(row_of_rooms):
    front, back = row_of_rooms([0, 400, 800], [(0, 200), (0, 200)]).sectors_beside()
    assert sorted(back.tolist()) == [-1] * 6 + [0]
    assert np.all(front >= 0)

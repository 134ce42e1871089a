import pytest

from fpbench.errors import FpbenchError
from fpbench.metrics.catalog import find
from fpbench.runs.scoring import plan_score, read_prompts
from fpbench.runs.scoring.folders import find_clips


def test_json_and_yaml_say_what_each_clip_was_asked_to_show(tmp_path):
    (tmp_path / "a.json").write_text('{"walk.mp4": "a walk", "clip.v2": "two"}')
    (tmp_path / "a.yaml").write_text("walk: a walk\n7: seven\n")
    assert read_prompts(tmp_path / "a.json") == {"walk": "a walk", "clip": "two"}
    assert read_prompts(tmp_path / "a.yaml") == {"walk": "a walk", "7": "seven"}


@pytest.mark.parametrize("text", ["[1, 2]", "walk: ''", "walk: 3", "{", ""])
def test_other_files_are_refused_by_name(text, tmp_path):
    (tmp_path / "bad.yaml").write_text(text)
    with pytest.raises(FpbenchError, match=r"bad\.yaml"):
        read_prompts(tmp_path / "bad.yaml")
    with pytest.raises(FpbenchError, match=r"none\.yaml"):
        read_prompts(tmp_path / "none.yaml")


def test_a_prompt_reaches_its_clip_and_changes_its_address(tmp_path):
    (tmp_path / "s").mkdir()
    (tmp_path / "s" / "walk.mp4").write_bytes(b"1")
    plain, asked, other = (
        next(iter(find_clips({"s": tmp_path / "s"}, None, prompts)))
        for prompts in (None, {"walk": "a walk"}, {"else": "no"})
    )
    assert (plain.prompt, asked.prompt, other.prompt) == (None, "a walk", None)
    assert plain.clip == other.clip != asked.clip


def test_metrics_of_the_prompt_ask_for_prompts(tmp_path, monkeypatch):
    monkeypatch.setattr(type(find("clip_text")), "missing", lambda self: None)  # as if its weights were here
    (tmp_path / "s").mkdir()
    (tmp_path / "s" / "walk.mp4").write_bytes(b"1")
    with pytest.raises(FpbenchError, match="clip_text cannot be measured: needs prompts; add --prompts FILE"):
        plan_score([str(tmp_path / "s")], ["clip_text"])
    assert plan_score([str(tmp_path / "s")], ["clip_text"], prompts={"walk": "a walk"}).prompts

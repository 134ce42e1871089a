from pathlib import Path

import pytest

from fpbench.errors import FpbenchError
from fpbench.protocol import load_protocol, parse_protocol

GOOD = """\
name: tiny
world: stub
tasks: {splits: [validation], kinds: [walk], count: 4, frames: 24}
systems:
  - {use: stub_truth}
  - {use: stub_fade, name: fade, rate: 0.01}
metrics: [psnr_truth, contrast_rms]
reference: fade
primary: {quality: psnr_truth, drift: contrast_rms}
"""


def message(text: str, *overrides: str) -> str:
    with pytest.raises(FpbenchError) as caught:
        parse_protocol(text, "p.yaml", overrides)
    return str(caught.value)


def test_defaults_are_filled_in():
    protocol, _ = parse_protocol(GOOD)
    assert (protocol.seeds, protocol.batch, protocol.title) == ((0,), 6, "tiny")
    assert protocol.systems[1].params == {"rate": 0.01}


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("world: stub", "word: stub", ["p.yaml:2: word: unknown key 'word'; did you mean 'world'?"]),
        ("count: 4", "cuont: 4", ["p.yaml:3: tasks.cuont: unknown key 'cuont'; did you mean 'count'?"]),
        ("count: 4", "count: four", ["p.yaml:3: tasks.count:", "valid integer", "got 'four'"]),
        ("count: 4", "count: 0", ["p.yaml:3: tasks.count:", "greater than or equal to 1", "got 0"]),
        ("[walk]", "[wlak]", ["p.yaml:3: tasks.kinds[0]: unknown kind 'wlak'; did you mean 'walk'?"]),
        ("world: stub", "world: stubb", ["p.yaml:2: world: unknown world 'stubb'; did you mean 'stub'?"]),
        ("stub_truth", "stub_trtuh", ["p.yaml:5: systems[0].use: unknown system 'stub_trtuh'; did you mean 'stub_t"]),
        ("[psnr_truth,", "[psnr_thruth,", ["p.yaml:7: metrics[0]:", "'psnr_thruth'", "did you mean 'psnr_truth'"]),
        ("drift: contrast_rms", "drift: contrast", ["p.yaml:9: primary.drift: 'contrast'", "'contrast_rms'"]),
        ("reference: fade", "reference: fad", ["p.yaml:8: reference: no system is named 'fad'; did you mean 'fade'?"]),
        ("name: fade,", "name: stub_truth,", ["p.yaml:6: systems[1]: the name 'stub_truth' is already taken"]),
        ("reference: fade", "world: stub", ["p.yaml:8: world is given twice (first on line 2)"]),
        ("name: tiny", "name: [tiny", ["p.yaml:2:", "not valid YAML"]),
        (
            "world: stub",
            "world: stub\nsampling: {steps: two}",
            ["p.yaml:3: sampling.steps:", "valid integer", "'two'"],
        ),
        ("rate: 0.01", "sampling: {shfit: 2}", ["p.yaml:6: systems[1].sampling.shfit: unknown key 'shfit'"]),
    ],
)
def test_an_error_names_line_path_value_and_remedy(old, new, expected):
    found = message(GOOD.replace(old, new))
    assert [part for part in expected if part not in found] == []


def test_all_problems_are_reported_at_once():
    found = message(GOOD.replace("count: 4", "count: x").replace("[validation]", "[valdation]"))
    assert len(found.splitlines()) == 2


def test_a_missing_key_is_named():
    assert "metrics: this key is required" in message(GOOD.replace("metrics: [psnr_truth, contrast_rms]\n", ""))


def test_overrides_are_applied_recorded_and_blamed():
    protocol, source = parse_protocol(GOOD, "p.yaml", ["tasks.count=7", "systems.1.rate=0.5"])
    assert protocol.tasks.count == 7
    assert protocol.systems[1].params == {"rate": 0.5}
    assert source.overrides == ("tasks.count=7", "systems.1.rate=0.5")
    assert "p.yaml: tasks.count (from --set):" in message(GOOD, "tasks.count=none")
    assert "no place systems[9].rate" in message(GOOD, "systems.9.rate=1")
    assert "write it as key.inner=value" in message(GOOD, "tasks.count")


def test_yaml_reads_words_and_numbers_as_authors_mean_them():
    protocol, _ = parse_protocol(GOOD.replace("rate: 0.01", "rate: 1e-2, on: [3], told: yes, redraw: true"))
    assert protocol.systems[1].params == {"rate": 0.01, "on": [3], "told": "yes", "redraw": True}


def test_a_missing_file_is_an_error_of_the_user(tmp_path: Path):
    with pytest.raises(FpbenchError, match="no such protocol file"):
        load_protocol(tmp_path / "none.yaml")


@pytest.mark.parametrize("path", sorted(Path("protocols").glob("*.yaml")), ids=lambda path: path.stem)
def test_shipped_protocols_are_valid(path: Path):
    protocol, _ = load_protocol(path)
    assert protocol.name == path.stem


COMPARED = """\
comparisons:
  - name: fades
    first: [fade]
    second: ["stub_*"]
    metric: contrast_rms
    expect: less
    smallest: 0.1
    spread: 0.2
"""


def test_comparisons_are_read_and_know_their_size_in_spreads():
    protocol, _ = parse_protocol(GOOD + COMPARED)
    assert protocol.comparisons[0].effect == 0.5
    assert protocol.comparisons[0].power == 0.8
    assert (protocol.task_count(), protocol.task_count("walk")) == (4, 4)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("first: [fade]", "first: [fad]", ["p.yaml:12: comparisons[0].first[0]: no system is named 'fad'", "'fade'"]),
        ("metric: contrast_rms", "metric: contrast", ["p.yaml:14: comparisons[0].metric: 'contrast'"]),
        ("expect: less", "expect: fewer", ["p.yaml:15: comparisons[0].expect:", "'less', 'more' or 'same'"]),
        ("smallest: 0.1", "smallest: 0", ["p.yaml:16: comparisons[0].smallest:", "greater than 0"]),
        ("spread: 0.2", "spread: 0.2\n    kind: loop", ["p.yaml:18: comparisons[0].kind: no task is a 'loop'"]),
        ("    spread: 0.2\n", "", ["comparisons[0].spread: this key is required"]),
    ],
)
def test_a_wrong_comparison_names_line_and_remedy(old, new, expected):
    found = message(GOOD + COMPARED.replace(old, new))
    assert [part for part in expected if part not in found] == []


def test_check_says_how_surely_a_comparison_would_find_its_effect():
    from fpbench.cli.check import powers

    short, enough = (parse_protocol((GOOD + COMPARED).replace("count: 4", f"count: {n}"))[0] for n in (4, 40))
    assert "UNDERPOWERED: 80% needs 34 tasks" in powers(short)[0]
    assert "UNDERPOWERED" not in powers(enough)[0]

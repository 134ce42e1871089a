import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fpbench.protocol import Protocol, ProtocolError, SystemSpec, expand

BASE = {
    "name": "tiny",
    "world": "stub",
    "backbone": "doom",
    "tasks": {"splits": ["validation"], "kinds": ["walk"], "count": 1, "frames": 2},
    "sampling": {"steps": 8, "shift": 1.0},
    "metrics": ["m"],
    "primary": {"quality": "m", "drift": "m"},
}


def protocol(*systems: dict[str, object]) -> Protocol:
    return Protocol.model_validate({**BASE, "systems": list(systems)})


def test_names_and_parameters_of_a_matrix():
    specs = expand(protocol({"use": "df", "matrix": {"sigma": [0.0, 0.1]}, "window": 4}))
    assert [spec.name for spec in specs] == ["df[sigma=0.0]", "df[sigma=0.1]"]
    assert [spec.params for spec in specs] == [{"window": 4, "sigma": 0.0}, {"window": 4, "sigma": 0.1}]


values = st.lists(st.integers(0, 9), min_size=1, max_size=3, unique=True)


@given(st.dictionaries(st.sampled_from("abc"), values, max_size=3))
def test_a_matrix_stands_for_the_product_of_its_values(matrix):
    found = [spec.params for spec in expand(protocol({"use": "df", "matrix": matrix}))]
    assert found == [dict(zip(matrix, point, strict=True)) for point in itertools.product(*matrix.values())]


def test_an_entry_may_replace_backbone_and_sampling():
    first, second = expand(protocol({"use": "a"}, {"use": "b", "backbone": "x.safetensors", "sampling": {"steps": 2}}))
    assert (first.backbone, first.sampling) == ("doom", {"steps": 8, "shift": 1.0})
    assert (second.backbone, second.sampling) == ("x.safetensors", {"steps": 2, "shift": 1.0})


def test_a_parameter_cannot_be_fixed_and_varied():
    with pytest.raises(ProtocolError, match="'sigma' is both a parameter and in the matrix"):
        expand(protocol({"use": "df", "sigma": 0, "matrix": {"sigma": [1]}}))


def test_a_key_survives_the_journey_to_a_worker():
    spec = expand(protocol({"use": "df", "window": [1, 2], "matrix": {"sigma": [0.1]}}))[0]
    assert SystemSpec.from_key(spec.key) == spec

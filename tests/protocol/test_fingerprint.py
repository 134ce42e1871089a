import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fpbench.protocol import canonical_json, digest

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(), json_values))
def test_the_order_of_keys_is_immaterial(value):
    assert digest(dict(reversed(value.items()))) == digest(value)


@given(json_values)
def test_canonical_json_is_json(value):
    assert json.loads(canonical_json(value)) == value


def test_different_values_differ():
    assert len({digest(value) for value in ([1, 2], [2, 1], {"a": 1}, {"a": 2}, {"a": "1"})}) == 5


def test_what_json_cannot_carry_is_refused():
    with pytest.raises(ValueError, match="JSON"):
        digest(float("nan"))

"""Recipes mean what they say."""

from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz.recipes import contract, expand, joined, parts_of

CONSTANTS = [b"first constant", b"\xfe\xfe\xff second \xfe", bytes(40)]
DATA = st.lists(st.binary(max_size=8) | st.sampled_from(CONSTANTS)).map(b"".join)


@given(DATA)
def test_what_is_contracted_expands_to_the_same(data):
    assert expand(contract(data, CONSTANTS), CONSTANTS) == data


def test_a_constant_takes_two_bytes():
    assert len(contract(b"a" + CONSTANTS[0] + b"b", CONSTANTS)) == 4


@given(st.binary())
def test_every_recipe_means_something(recipe):
    expand(recipe, CONSTANTS)
    list(parts_of(recipe))


@given(st.lists(st.binary(max_size=300)))
def test_parts_come_back(parts):
    assert list(parts_of(joined(parts))) == parts

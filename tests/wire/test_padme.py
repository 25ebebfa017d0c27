"""Padmé: what its authors promise, and what the format relies on (F3.4)."""

from hypothesis import given
from hypothesis import strategies as st

from intake.wire.padme import bucket
from tests.wire import model

COUNTS = st.integers(0, 1 << 52)


def test_is_what_the_paper_says_for_every_small_count():
    assert [bucket(n) for n in range(20_000)] == [model.padme(n) for n in range(20_000)]


@given(COUNTS)
def test_holds_what_it_is_asked_to_hold_and_is_a_bucket_itself(count):
    assert bucket(count) >= max(count, 1)
    assert bucket(bucket(count)) == bucket(count)


@given(COUNTS, COUNTS)
def test_never_gives_less_for_more(one, other):
    low, high = sorted((one, other))
    assert bucket(low) <= bucket(high)


@given(st.integers(1, 1 << 52))
def test_costs_at_most_twelve_percent(count):
    assert (bucket(count) - count) * 100 < 12 * count


def test_costs_most_at_129_blocks():
    overhead, count = max(((bucket(n) - n) / n, n) for n in range(1, 200_000))
    assert (count, bucket(count), round(overhead, 4)) == (129, 144, 0.1163)

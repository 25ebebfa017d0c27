"""Range requests: what a slice is, by RFC 9110."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intake.courier.ticket import Ticket
from intake.couriers.ranges import Unsatisfiable, asked
from tests.courier.service import CourierService

SIZE = 10_000
TAG = '"tag"'

_numbers = st.integers(0, SIZE + 5)


@given(start=_numbers, last=_numbers)
def test_a_range_is_the_slice_that_it_names(start: int, last: int) -> None:
    header = f"bytes={start}-{last}"
    if start > last or start >= SIZE:
        with pytest.raises(Unsatisfiable):
            asked(header, None, TAG, SIZE)
        return
    span = asked(header, None, TAG, SIZE)
    assert span is not None
    assert range(SIZE)[span.start : span.end] == range(SIZE)[start : last + 1]
    assert span.content_range(SIZE) == f"bytes {start}-{min(last, SIZE - 1)}/{SIZE}"


@given(start=_numbers)
def test_an_open_range_goes_to_the_end(start: int) -> None:
    if start >= SIZE:
        with pytest.raises(Unsatisfiable):
            asked(f"bytes={start}-", None, TAG, SIZE)
        return
    span = asked(f"bytes={start}-", None, TAG, SIZE)
    assert span is not None
    assert range(SIZE)[span.start : span.end] == range(SIZE)[start:]


@given(length=_numbers)
def test_a_suffix_range_is_the_last_bytes(length: int) -> None:
    if length == 0:
        with pytest.raises(Unsatisfiable):
            asked("bytes=-0", None, TAG, SIZE)
        return
    span = asked(f"bytes=-{length}", None, TAG, SIZE)
    assert span is not None
    assert range(SIZE)[span.start : span.end] == range(SIZE)[-length:]


@given(
    spec=st.text("0123456789-, x\t٣", max_size=12), unit=st.sampled_from(["bytes", "Bytes", "b"])
)
def test_no_header_gives_bytes_that_are_not_there(spec: str, unit: str) -> None:
    try:
        span = asked(f"{unit}={spec}", None, TAG, SIZE)
    except Unsatisfiable:
        return
    assert span is None or 0 <= span.start < span.end <= SIZE


@pytest.mark.parametrize("header", ["bytes=-", "bytes=a-b", "bytes=5", "bytes=2-1", "bytes= 1 - 2"])
def test_a_malformed_range_is_unsatisfiable(header: str) -> None:
    with pytest.raises(Unsatisfiable):
        asked(header, None, TAG, SIZE)


@pytest.mark.parametrize("header", ["bytes=0-1,4-5", "lines=0-1", "bytes", ""])
def test_several_ranges_and_other_units_are_answered_with_the_whole(header: str) -> None:
    assert asked(header, None, TAG, SIZE) is None


@pytest.mark.parametrize("condition", ['"other"', 'W/"tag"', "Sat, 21 Nov 2026 19:00:00 GMT"])
def test_a_condition_that_does_not_hold_gives_the_whole(condition: str) -> None:
    assert asked("bytes=0-1", condition, TAG, SIZE) is None


def test_a_condition_that_holds_gives_the_range() -> None:
    assert asked("bytes=0-1", TAG, TAG, SIZE) is not None


def test_the_service_answers_ranges_as_slices(
    service: CourierService, courier: tuple[Ticket, object]
) -> None:
    path = service.put(700_001)
    content, token = path.read_bytes(), courier[0].token

    @settings(max_examples=40, deadline=None)
    @given(start=st.integers(0, 700_000), length=st.integers(1, 700_001))
    def check(start: int, length: int) -> None:
        wanted = {"Range": f"bytes={start}-{start + length - 1}", "If-Range": f'"{path.name}"'}
        answer = service.ask("GET", f"/envelopes/{path.name}", token, wanted)
        assert answer.status == 206
        assert answer.body == content[start : start + length]
        end = min(start + length, 700_001) - 1
        assert answer.header("Content-Range") == f"bytes {start}-{end}/700001"

    check()
    whole = service.ask("GET", f"/envelopes/{path.name}", token)
    assert (whole.status, whole.body) == (200, content)
    assert whole.header("ETag") == f'"{path.name}"'
    beyond = service.ask("GET", f"/envelopes/{path.name}", token, {"Range": "bytes=700001-"})
    assert (beyond.status, beyond.header("Content-Range")) == (416, "bytes */700001")
    head = service.ask("HEAD", f"/envelopes/{path.name}", token)
    assert (head.status, head.header("Content-Length"), head.body) == (200, "700001", b"")
    assert re.fullmatch(r"bytes", head.header("Accept-Ranges") or "")

"""Packs and manifests: what is written comes back, in any parts, and nothing else passes."""

import tracemalloc
from collections import deque

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intake.wire.errors import Malformed, WireError
from intake.wire.manifest import MAX_PACKS, Manifest
from intake.wire.pack import Folder, Piece, read_pack
from intake.wire.resumable import MAX_CONTENT
from tests.wire import model

PATHS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)


@st.composite
def entries(draw):
    """Folders, and pieces with their bytes."""
    if draw(st.booleans()):
        return Folder(draw(PATHS)), b""
    data = draw(st.binary(max_size=200))
    before = draw(st.integers(0, 2**40)) if data else 0
    after = draw(st.integers(0, 2**40)) if data else 0
    return Piece(draw(PATHS), before + len(data) + after, before, len(data)), data


def parts(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


@given(st.lists(entries(), max_size=8), st.integers(1, 300))
def test_what_is_written_comes_back(written, size):
    pack = b"".join(entry.serialise() + data for entry, data in written)
    read: list = []
    for got in read_pack(parts(pack, size)):
        if isinstance(got, bytes):
            read[-1] = (read[-1][0], read[-1][1] + got)
        else:
            read.append((got, b""))
    assert read == written


@given(st.binary(max_size=300), st.integers(1, 300))
def test_noise_makes_typed_errors_only_and_the_same_whatever_the_parts(noise, size):
    def outcome(parts_of: list[bytes]) -> str:
        try:
            for _ in read_pack(parts_of):
                continue
        except WireError as error:
            return type(error).__name__.lower()
        return "success"

    assert outcome(parts(noise, size)) == outcome([noise]) == model.read_entries(noise)[0]


def test_a_piece_of_four_gigabytes_is_passed_on_and_not_held():
    front = Piece("film.mkv", 2**32, 0, 2**32 - 1).serialise()
    tracemalloc.start()
    given = iter([front, *[bytes(65_516)] * 400])
    passed_on = [0]

    def count(got: Piece | Folder | bytes) -> None:
        passed_on[0] += len(got) if isinstance(got, bytes) else 0

    with pytest.raises(WireError, match="early"):
        deque(map(count, read_pack(given)), maxlen=0)
    assert passed_on[0] == 65_516 * 400
    assert tracemalloc.get_traced_memory()[1] < 2_000_000
    tracemalloc.stop()


@given(
    st.integers(0, 2**64 - 1),
    st.integers(0, 2**64 - 1),
    st.lists(st.binary(min_size=32, max_size=32)),
)
def test_a_manifest_comes_back(files, size, packs):
    manifest = Manifest(files, size, tuple(packs))
    assert Manifest.parse(manifest.serialise()) == manifest


@given(st.binary(max_size=120))
def test_noise_is_no_manifest_or_comes_back(noise):
    try:
        assert Manifest.parse(noise).serialise() == noise
    except WireError:
        return


def test_a_manifest_that_is_too_long_is_refused_before_memory_is_set_aside():
    head = bytes(16) + (MAX_PACKS + 1).to_bytes(4, "big")
    with pytest.raises(Malformed, match="250001"):
        Manifest.parse(head)
    with pytest.raises(ValueError, match="packs"):
        Manifest(0, 0, (bytes(32),) * (MAX_PACKS + 1)).serialise()


def test_the_longest_manifest_fits_a_record_that_is_found_again():
    assert 20 + MAX_PACKS * 32 <= MAX_CONTENT


def test_neither_shows_what_it_names():
    assert repr(Piece("secret", 1, 0, 1)) == "<Piece>"
    assert repr(Folder("secret")) == "<Folder>"
    assert repr(Manifest(1, 1, ())) == "<Manifest>"

"""What is told from OpenPGP's framing alone."""

import base64
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keys import openpgp
from keys.packets import armor_at, dearmored, encrypts_to_key, is_cut, recipients
from tests.keys.newsroom import QUIET, gpg_encrypted


@pytest.fixture(scope="module")
def public() -> bytes:
    return openpgp.generate("Edda", QUIET)[1]


def cut(data: bytes, size: int) -> bool:
    return is_cut(lambda offset, count: data[:size][offset : offset + count], size)


@pytest.mark.parametrize("size", [0, 100, 5_000, 200_000])
@pytest.mark.parametrize("options", [("-z", "0"), ("--throw-keyids", "-z", "6")])
def test_every_cut_of_a_message_is_seen(public: bytes, size: int, options: list[str]) -> None:
    data = gpg_encrypted(public, os.urandom(size), *options)
    assert encrypts_to_key(data)
    assert not cut(data, len(data))
    places = {*range(1, min(300, len(data))), *range(1, len(data), 997), len(data) - 1}
    for place in places:
        # A cut just behind the first packet leaves whole packets: only the content is missing.
        assert cut(data, place) or place == 2 + data[1]


@given(st.binary(max_size=300))
def test_no_bytes_are_too_strange(data: bytes) -> None:
    encrypts_to_key(data)
    is_cut(lambda offset, count: data[offset : offset + count], len(data))


@pytest.mark.parametrize(
    "data",
    [b"", b"intakeE1", b"%PDF-1.7 ....", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0" + bytes(20),
     b"\x85\x01\x0c\x09" + bytes(40), b"\x99\x01\x0d\x04" + bytes(40), bytes(100)],
)  # fmt: skip
def test_other_files_are_not_taken_for_messages(data: bytes) -> None:
    assert not encrypts_to_key(data)


def test_armor_is_found_at_the_start_of_a_line_alone() -> None:
    armor = b"-----BEGIN PGP MESSAGE-----\n"
    assert armor_at(armor) == 0
    assert armor_at(b"\xef\xbb\xbf" + armor) == 3
    assert armor_at(b"  " + armor) == 2
    assert armor_at(b"hello\n" + armor) == 6
    assert armor_at(b"he wrote " + armor) is None
    assert armor_at(b"he wrote " + armor + armor) == 9 + len(armor)
    assert armor_at(b"nothing") is None


def test_the_keys_and_passphrases_before_the_content_are_counted(public: bytes) -> None:
    message = gpg_encrypted([public, public], b"x", "--throw-keyids")
    key, passphrase, content = (
        message[: 2 + message[1]],
        b"\xc3\x04\x04\x09\x00\x08",
        b"\xd2\x01\x01",
    )
    assert recipients(message) == (1, 0, True)
    assert recipients(key * 3 + passphrase + content) == (3, 1, True)
    assert recipients(key + b"\xca\x03PGP" + content) == (1, 0, True)
    for strange in (b"\xfd\x00" + content, b"", content[:0], b"\x00"):
        assert recipients(key + strange) == (1, 0, False)


def test_the_beginning_of_an_armored_message_is_read_as_binary(public: bytes) -> None:
    whole = gpg_encrypted(public, os.urandom(10_000))
    text = b"-----BEGIN PGP MESSAGE-----\r\nComment: x\r\n\r\n" + base64.encodebytes(whole)
    end = b"=abcd\n-----END PGP MESSAGE-----\n"
    assert dearmored(text + end) == whole
    assert whole.startswith(dearmored(text[:5_000]))
    assert len(dearmored(text[:5_000])) > 3_000
    for strange in (b"", b"-----BEGIN PGP MESSAGE-----\n", text[:200] + b"\xff\n" + end):
        assert dearmored(strange) == b""


@given(st.binary(max_size=300))
def test_no_beginning_is_too_strange(data: bytes) -> None:
    recipients(data)
    dearmored(b"\n\n" + data)


def test_a_message_in_pieces_that_no_program_writes_is_not_walked_through() -> None:
    asked = []

    def read_at(offset: int, count: int) -> bytes:
        asked.append(offset)
        return (b"\xd2" if offset == 0 else b"\xe0\x00")[:count]

    assert not is_cut(read_at, 1 << 40)
    assert len(asked) < 10

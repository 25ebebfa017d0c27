"""OpenPGP's framing and armor, as the desk looks at what a source encrypted beforehand."""

from collections.abc import Iterator

from keys.packets import armor_at, dearmored, encrypts_to_key, is_cut, recipients

LONGEST = 2_048
RATE = 5_000


def one_input(data: bytes) -> None:
    keys, passphrases, clear = recipients(data)
    assert 0 <= keys + passphrases <= len(data)
    if encrypts_to_key(data) and not clear:
        # Only behind a session key that is longer than what is there could there be others.
        assert len(data) > 0
    at = armor_at(data)
    if at is not None:
        assert data[at:].startswith(b"-----BEGIN PGP MESSAGE-----")
        inner = dearmored(data[at:])
        assert len(inner) <= len(data)
        recipients(inner)
    asked: list[int] = []

    def read_at(offset: int, size: int) -> bytes:
        asked.append(offset)
        assert 0 <= size <= 8
        return data[offset : offset + size]

    is_cut(read_at, len(data))
    # It goes forward, and so comes to an end.
    assert asked == sorted(asked)
    assert len(asked) <= 2 * len(data) + 2


def seeds() -> Iterator[bytes]:
    key = bytes([0x85, 0, 12, 3]) + bytes(11)
    new = bytes([0xC1, 12, 3]) + bytes(11)
    yield from (
        key + bytes([0xD2, 5]) + bytes(5),
        new + bytes([0xD2, 0xE1, 1, 1, 0xE0, 7, 2, 8, 8]),
        new + new + bytes([0xC3, 4]) + bytes(4) + bytes([0xD2, 0xFF, 0, 0, 0, 9]) + bytes(9),
        bytes([0xD2, 0xC1, 0]) + bytes(448),
        b"-----BEGIN PGP MESSAGE-----\nVersion: 1\n\nwYwDAAAA\nAAAA\n=abcd\n-----END PGP",
        b"Dear editors\n-----BEGIN PGP MESSAGE-----\r\n\r\nwYwD",
        b"\xef\xbb\xbf -----BEGIN PGP MESSAGE-----",
    )

"""Just enough of OpenPGP's framing (RFC 9580, 4.2) to tell what a file is, and if it was cut.

GnuPG says the same of a message that was cut and of one that was altered; the lengths tell.
"""

import base64
from collections.abc import Callable
from itertools import takewhile
from typing import Final

#: Bytes that ``encrypts_to_key`` and ``armor_at`` should be given of a file's beginning.
FRONT: Final = 65_536

_SESSION_KEY = 1
_PASSPHRASE_KEY = 3
#: Besides these, what may come before the content and says nothing: markers and padding.
_BEFORE_CONTENT = {_SESSION_KEY, _PASSPHRASE_KEY, 10, 21}
_ARMOR = b"-----BEGIN PGP MESSAGE-----"
_CONTENT = {9, 18, 20}
#: Packets before the content: one for each recipient, and a few that say nothing.
_MOST_PACKETS = 4_096
#: Bytes of the shortest piece of a packet that comes in pieces; the first cannot be shorter.
_LEAST_PIECE = 512

#: ``read_at(offset, size)`` gives that many bytes, fewer at the end.
ReadAt = Callable[[int, int], bytes]


def encrypts_to_key(front: bytes) -> bool:
    """Return whether it begins as a binary OpenPGP message to somebody's key does."""
    if len(front) < 4 or not front[0] & 0x80:
        return False
    tag = front[0] & 0x3F if front[0] & 0x40 else front[0] >> 2 & 0x0F
    if tag != _SESSION_KEY:
        return False
    _, body, length, _ = _lengths(lambda offset, size: front[offset : offset + size], 0)
    # Of a version that there is, and no longer than session keys are.
    return length is not None and 10 <= length < 8_192 and front[body : body + 1] in (b"\3", b"\6")


def recipients(front: bytes) -> tuple[int, int, bool]:
    """Return to how many keys and passphrases a binary message is encrypted, and if that is all.

    It is not where its content does not follow on them, or only behind what is given.
    """
    tags: list[int] = []
    offset = 0
    while offset < len(front):
        tag, body, length, partial = _lengths(lambda at, size: front[at : at + size], offset)
        if tag in _CONTENT:
            return tags.count(_SESSION_KEY), tags.count(_PASSPHRASE_KEY), True
        if tag is None or tag not in _BEFORE_CONTENT or length is None or partial:
            break
        tags.append(tag)
        offset = body + length
    return tags.count(_SESSION_KEY), tags.count(_PASSPHRASE_KEY), False


def dearmored(front: bytes) -> bytes:
    """Return the binary beginning of an armored message; nothing where it is none."""
    lines = [line.strip() for line in front.splitlines()]
    if b"" not in lines:
        return b""
    body = lines[lines.index(b"") + 1 :]
    good = takewhile(_is_base64, body)
    digits = b"".join(good)
    try:
        return base64.b64decode(digits[: len(digits) - len(digits) % 4], validate=True)
    except ValueError:
        return b""


def _is_base64(line: bytes) -> bool:
    return not line.startswith((b"=", b"-"))


def armor_at(front: bytes) -> int | None:
    """Return where an armored message begins, at the start of a line, or ``None``."""
    offset = front.find(_ARMOR)
    while offset > 0 and front[offset - 1 : offset] != b"\n":
        if not front[:offset].strip(b"\xef\xbb\xbf \t\r\n"):
            return offset
        offset = front.find(_ARMOR, offset + 1)
    return offset if offset >= 0 else None


def is_cut(read_at: ReadAt, size: int) -> bool:
    """Return whether a binary message ends inside a packet; of ``size`` bytes in all."""
    offset = 0
    for _ in range(_MOST_PACKETS):
        if offset >= size:
            return offset > size
        tag, body, length, partial = _lengths(read_at, offset)
        if length is None:
            # Cut in the length itself; or no packet, or one of a length that is not told.
            return tag is not None and body > size
        offset = body + length
        while partial:
            if length < _LEAST_PIECE:
                # No program's: a large file can have so many that it would take a day.
                return False
            if offset >= size:
                return True
            body, length, partial = _new_length(read_at, offset)
            if length is None:
                return True
            offset = body + length
    return False


def _lengths(read_at: ReadAt, offset: int) -> tuple[int | None, int, int | None, bool]:
    """Return tag, start and length of a packet's body, and whether only part of it follows."""
    first = read_at(offset, 1)
    if not first or not first[0] & 0x80:
        return None, offset + 1, None, False
    if first[0] & 0x40:
        return first[0] & 0x3F, *_new_length(read_at, offset + 1)
    size = (1, 2, 4, 0)[first[0] & 3]
    digits = read_at(offset + 1, size)
    known = size and len(digits) == size
    length = int.from_bytes(digits, "big") if known else None
    return first[0] >> 2 & 0x0F, offset + 1 + size, length, False


def _new_length(read_at: ReadAt, offset: int) -> tuple[int, int | None, bool]:
    """Return start and length of what follows, and whether more of the packet follows that."""
    digits = read_at(offset, 5)
    if not digits:
        return offset + 1, None, False
    first = digits[0]
    if first < 192:
        return offset + 1, first, False
    if first < 224:
        second = digits[1] if len(digits) > 1 else None
        length = None if second is None else (first - 192 << 8) + second + 192
        return offset + 2, length, False
    if first == 255:
        return offset + 5, int.from_bytes(digits[1:], "big") if len(digits) == 5 else None, False
    return offset + 1, 1 << (first & 31), True

"""The roll: who may fetch and carry. A file with a line for each courier, and no secret in it.

A line is: name, public half of the onion's key in base32, BLAKE2b of the token in hex. The token
has 256 random bits, so a plain hash is out of reach of guessing.
"""

import hmac
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Final

from intake.errors import IntakeError
from intake.files import write_durably

#: Random bytes of a token; it is written in hex.
TOKEN: Final = 32

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,31}", re.ASCII)
_LINE: Final = re.compile(r"([a-z0-9-]+) ([A-Z2-7]{52}) ([0-9a-f]{64})", re.ASCII)
_PERSON: Final = b"intake1 courier"
#: Characters of a token that are looked at; a longer one is none of ours.
_LONGEST: Final = 2 * TOKEN


class RollError(IntakeError):
    """A courier's name is taken, unknown or unfit, or the roll cannot be read or written."""


@dataclass(frozen=True)
class Courier:
    """Somebody who fetches and carries.

    Attributes:
        name: as the operator calls them. It is on the server's disk, so it should say nothing.
        public: the public half of their key to the onion, in base32.
        token_hash: 32 bytes.
    """

    name: str
    public: str
    token_hash: bytes


class Roll:
    """The couriers of a HOME; a change by another process is seen at the next call.

    Args:
        home: the server's folder.
    """

    def __init__(self, home: Path) -> None:
        self._path = home / "couriers"
        self._read: tuple[tuple[int, ...], tuple[Courier, ...]] = ((), ())

    def couriers(self) -> tuple[Courier, ...]:
        """Return all of them, sorted by name.

        Raises:
            RollError: the file cannot be read.
        """
        try:
            status = self._path.stat()
            version = (status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
            if self._read[0] != version:
                self._read = (version, _parse(self._path.read_text()))
        except FileNotFoundError:
            return ()
        except (OSError, ValueError) as error:
            raise RollError(
                f"{self._path} cannot be read: {error}.",
                "Restore it from the backup, or remove it and add the couriers anew.",
            ) from error
        return self._read[1]

    def named(self, name: str) -> Courier | None:
        """Return the courier of a name; raises as ``couriers`` does."""
        return next((one for one in self.couriers() if one.name == name), None)

    def holder(self, untrusted_token: str) -> Courier | None:
        """Return whose token this is; raises as ``couriers`` does.

        The time it takes tells neither whose token it is nor how much of it is right: every
        courier's hash is compared, each in constant time.
        """
        given = hash_token(untrusted_token[: _LONGEST + 1])
        found = None
        for one in self.couriers():
            if hmac.compare_digest(one.token_hash, given):
                found = one
        return found

    def add(self, courier: Courier) -> None:
        """Enter one, durably.

        Raises:
            RollError: there is one of this name, or the file cannot be written.
        """
        if self.named(courier.name) is not None:
            raise RollError(
                f"There is a courier called {courier.name} already.",
                "Choose another name, or revoke that one first: intake couriers revoke",
            )
        self._write([*self.couriers(), courier])

    def remove(self, name: str) -> bool:
        """Strike one off, durably; return whether there was one."""
        left = [one for one in self.couriers() if one.name != name]
        if len(left) == len(self.couriers()):
            return False
        self._write(left)
        return True

    def _write(self, couriers: Iterable[Courier]) -> None:
        lines = [f"{one.name} {one.public} {one.token_hash.hex()}\n" for one in couriers]
        try:
            write_durably(self._path, "".join(sorted(lines)).encode())
            if os.geteuid() == 0:
                # The server has to read what root writes.
                owner = self._path.parent.stat()
                os.chown(self._path, owner.st_uid, owner.st_gid)
        except OSError as error:
            raise RollError(f"{self._path} cannot be written: {error.strerror}.") from error


def hash_token(untrusted_token: str) -> bytes:
    """Return the 32 bytes that the roll has of a token."""
    data = untrusted_token.encode("utf-8", "surrogateescape")
    return blake2b(data, digest_size=32, person=_PERSON).digest()


def checked_name(untrusted_name: str) -> str:
    """Return the name if a courier can have it.

    Raises:
        RollError: it cannot.
    """
    if not _NAME.fullmatch(untrusted_name):
        raise RollError(
            f"{untrusted_name!r} cannot be a courier's name.",
            "Up to 32 small letters, digits and hyphens, beginning with no hyphen; best one that "
            "says nothing of the person.",
        )
    return untrusted_name


def _parse(text: str) -> tuple[Courier, ...]:
    couriers = []
    for number, line in enumerate(text.splitlines(), 1):
        match = _LINE.fullmatch(line)
        if match is None:
            raise ValueError(f"line {number} is none of a courier")
        couriers.append(Courier(match[1], match[2], bytes.fromhex(match[3])))
    return tuple(sorted(couriers, key=lambda one: one.name))

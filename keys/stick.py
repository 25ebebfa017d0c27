"""The folder with envelopes, as it comes from the courier: what in it is an envelope."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Final

from intake.wire.envelope import ID_BYTES, envelope_id
from intake.wire.labels import MAGIC_ENVELOPE
from keys.errors import StickError
from keys.packets import encrypts_to_key

#: Looked into besides the folder itself.
INNER: Final = "envelopes"


class Suite(Enum):
    """How an envelope is sealed."""

    NACL = "nacl"
    GPG = "gpg"


@dataclass(frozen=True, slots=True)
class Found:
    """A file that looks like an envelope.

    Attributes:
        folder, name: where it is.
        id: hexadecimal digits; empty where it was cut off in its first page, and has none.
        size: bytes.
    """

    folder: Path
    name: str
    suite: Suite
    id: str
    size: int

    @property
    def path(self) -> Path:
        """Where it is; not kept, since there may be very many."""
        return self.folder / self.name


@dataclass(frozen=True)
class Stick:
    """What is in a folder: envelopes, other files, and files that cannot be read."""

    folder: Path
    envelopes: tuple[Found, ...]
    others: tuple[Path, ...]
    unreadable: tuple[tuple[Path, str], ...]

    @property
    def size(self) -> int:
        """Bytes of all envelopes."""
        return sum(envelope.size for envelope in self.envelopes)


def look(folder: Path) -> Stick:
    """Look through a folder. Hidden files are passed over.

    Raises:
        StickError: the folder itself cannot be read.
    """
    envelopes: list[Found] = []
    others: list[Path] = []
    unreadable: list[tuple[Path, str]] = []
    for place, name in _files(folder):
        try:
            found = _recognise(place, name)
        except OSError as error:
            unreadable.append((place / name, error.strerror or "input/output error"))
        else:
            if found is None:
                others.append(place / name)
            else:
                envelopes.append(found)
    return Stick(folder, tuple(envelopes), tuple(others), tuple(unreadable))


def _files(folder: Path) -> Iterable[tuple[Path, str]]:
    inner = folder / INNER
    for place in (folder, inner) if inner.is_dir() and not inner.is_symlink() else (folder,):
        try:
            with os.scandir(place) as entries:
                names = sorted(
                    entry.name
                    for entry in entries
                    if not entry.name.startswith(".") and entry.is_file(follow_symlinks=False)
                )
        except OSError as error:
            raise StickError(
                f"{place} cannot be read: {error.strerror}.",
                "Give the folder that the envelopes are in, a USB stick for example.",
            ) from error
        yield from ((place, name) for name in names)


def _recognise(folder: Path, name: str) -> Found | None:
    with (folder / name).open("rb") as file:
        front = file.read(ID_BYTES)
        size = os.fstat(file.fileno()).st_size
    if front.startswith(MAGIC_ENVELOPE):
        suite = Suite.NACL
    elif encrypts_to_key(front):
        suite = Suite.GPG
    elif _is_id(name):
        # Named as an envelope is: cut off, or altered, at its very beginning.
        suite = Suite.NACL
    else:
        return None
    found_id = envelope_id(front).hex() if len(front) == ID_BYTES else ""
    # An envelope is named by its id, as a rule; then both are one in memory.
    return Found(folder, found_id if found_id == name else name, suite, found_id, size)


def _is_id(name: str) -> bool:
    return len(name) == 32 and not name.strip("0123456789abcdef")

"""What a source encrypted to the newsroom before sending it: unwrapped beside the original."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import BinaryIO, Final

from intake.wire.envelope import Identity, open_envelope
from intake.wire.errors import NotForUs, WireError
from intake.wire.labels import MAGIC_ENVELOPE
from intake.wire.record import Ending, Kind
from keys.errors import GpgError
from keys.files import append, create, finish
from keys.names import components, fit, marked
from keys.openpgp import GnuPG
from keys.packets import FRONT, armor_at, dearmored, encrypts_to_key, recipients
from keys.streaming import ahead

#: What is unwrapped may be this much larger than what it came from, and no more: bytes, times.
_ALLOWED_BYTES: Final = 64 * 1024 * 1024
_ALLOWED_TIMES: Final = 16
#: Keys that one message may be encrypted to: each may take an attempt with the desk's.
_MOST_KEYS: Final = 256
_ENDINGS: Final = (".gpg", ".pgp", ".asc", ".intake")


class Wrapping(Enum):
    """How content was encrypted a second time."""

    OPENPGP = "with OpenPGP"
    ARMORED = "with OpenPGP, as text"
    INTAKE = "as an envelope"


@dataclass(frozen=True)
class Unwrapped:
    """What came out: how it should be called, and what to tell the editor.

    Attributes:
        name: harmless; ``None`` where nothing came out.
        note: a sentence about what was done, or why not.
    """

    name: str | None
    note: str


@dataclass(frozen=True)
class Wrapped:
    """What was found in a file: how it is encrypted, where that begins, and to how many.

    Attributes:
        keys, passphrases: that open it; of OpenPGP's alone, as far as its beginning tells.
        clear: there are no others, and nothing strange among them.
    """

    wrapping: Wrapping
    offset: int = 0
    keys: int = 0
    passphrases: int = 0
    clear: bool = True


class _Unwelcome(Exception):
    """It is made to swell, to take for ever, or to ask the editor for something."""


def wrapping_of(path: Path, *, is_message: bool) -> Wrapped | None:
    """Return how the content of a file is encrypted, or ``None``.

    What is encrypted to a passphrase alone is the editor's to open.
    """
    with path.open("rb") as file:
        return wrapping_in(file.read(FRONT), is_message=is_message)


def wrapping_in(front: bytes, *, is_message: bool = False) -> Wrapped | None:
    """Return the same by the first ``FRONT`` bytes."""
    if front.startswith(MAGIC_ENVELOPE):
        return Wrapped(Wrapping.INTAKE)
    if encrypts_to_key(front):
        return Wrapped(Wrapping.OPENPGP, 0, *recipients(front))
    armor = armor_at(front)
    # In a message, people write a line or two before it; a file is that and nothing else.
    if armor is not None and (is_message or not front[:armor].strip(b"\xef\xbb\xbf \t\r\n")):
        inner = dearmored(front[armor:])
        if encrypts_to_key(inner):
            return Wrapped(Wrapping.ARMORED, armor, *recipients(inner))
    return None


def unwrap(
    partial: Path,
    target: Path,
    name: str,
    found: Wrapped,
    *,
    identities: Sequence[Identity],
    gnupg: Callable[[], GnuPG],
) -> Unwrapped:
    """Unwrap what is in ``partial`` into the new file ``target``, once; all of it or nothing.

    Args:
        name: the harmless name of the original.
        found: as ``wrapping_of`` returned it.
        gnupg: gives GnuPG with the desk's key, or raises ``GpgError``.
    """
    said = f"it was encrypted a second time {found.wrapping.value}"
    limit = _ALLOWED_BYTES + _ALLOWED_TIMES * partial.stat().st_size
    try:
        with partial.open("rb", buffering=0) as source:
            if found.wrapping is Wrapping.INTAKE:
                inner, cut = _open_envelope(source, identities, target, limit)
            else:
                inner, cut = _decrypt(source, found, gnupg, target, limit), False
    except NotForUs:
        return Unwrapped(None, f"{said}, to a key that is not here; it is kept as it came")
    except (WireError, GpgError, _Unwelcome, OSError) as error:
        reason = error.message.rstrip(".") if isinstance(error, GpgError) else str(error)
        return Unwrapped(None, f"{said}, and cannot be unwrapped: {reason}; it is kept as it came")
    target_name = components(inner)[-1] if inner else _unwrapped_name(name)
    if cut:
        incomplete = "unwrapped beside it, incomplete: its sender's connection was cut"
        return Unwrapped(marked(target_name, "incomplete"), f"{said}; {incomplete}")
    return Unwrapped(target_name, f"{said}; unwrapped beside it")


def _open_envelope(
    source: BinaryIO, identities: Sequence[Identity], target: Path, limit: int
) -> tuple[str, bool]:
    """Write the content of an envelope; return its name, and whether its sender was cut off."""
    record = open_envelope(source.read, identities)
    _write(record.content(), target, limit)
    name = record.header.name if record.header.kind is Kind.FILE else ""
    return name, record.trailer is not None and record.trailer.ending is Ending.CUT


def _decrypt(
    source: BinaryIO, found: Wrapped, gnupg: Callable[[], GnuPG], target: Path, limit: int
) -> str:
    """Write the content of a message; return its name."""
    if found.keys > _MOST_KEYS:
        raise _Unwelcome(f"it is for more than {_MOST_KEYS} keys")
    gpg = gnupg()
    if gpg.asks and (found.passphrases or not found.clear):
        raise _Unwelcome("it might ask for a passphrase of the source's")
    source.seek(found.offset)
    _write(gpg.decrypt(source), target, limit)
    return gpg.name


def _unwrapped_name(name: str) -> str:
    for ending in _ENDINGS:
        if name.lower().endswith(ending) and len(name) > len(ending):
            return fit(components(name[: -len(ending)])[-1])
    return marked(name, "decrypted")


def _write(content: Iterator[bytes], target: Path, limit: int) -> None:
    try:
        with create(target) as file, closing(ahead(content)) as batches:
            for batch in batches:
                append(file, batch)
                if file.tell() > limit:
                    raise _Unwelcome(f"it swells to more than {limit} bytes")
            finish(file)
    except BaseException:
        target.unlink(missing_ok=True)
        raise

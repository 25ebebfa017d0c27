"""What a source encrypted to the newsroom before sending it: unwrapped beside the original."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Final

from intake.wire.envelope import Identity, open_envelope
from intake.wire.errors import NotForUs, WireError
from intake.wire.labels import MAGIC_ENVELOPE
from intake.wire.record import Kind
from keys.diskfile import DiskFile
from keys.errors import GpgError
from keys.names import components, fit, marked
from keys.openpgp import GnuPG
from keys.packets import FRONT, armor_at, encrypts_to_key
from keys.streaming import ahead

#: What is unwrapped may be this much larger than what it came from, and no more: bytes, times.
_ALLOWED_BYTES: Final = 64 * 1024 * 1024
_ALLOWED_TIMES: Final = 16
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


class _TooMuch(Exception):
    """It swells beyond all measure."""


def wrapping_of(path: Path, *, is_message: bool) -> tuple[Wrapping, int] | None:
    """Return how the content of a file is encrypted and where that begins, or ``None``."""
    with path.open("rb") as file:
        front = file.read(FRONT)
    if front.startswith(MAGIC_ENVELOPE):
        return Wrapping.INTAKE, 0
    if encrypts_to_key(front):
        return Wrapping.OPENPGP, 0
    armor = armor_at(front)
    # In a message, people write a line or two before it; a file is that and nothing else.
    if armor is not None and (is_message or not front[:armor].strip(b"\xef\xbb\xbf \t\r\n")):
        return Wrapping.ARMORED, armor
    return None


def unwrap(
    partial: Path,
    target: Path,
    name: str,
    found: tuple[Wrapping, int],
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
    wrapping, offset = found
    said = f"it was encrypted a second time {wrapping.value}"
    limit = _ALLOWED_BYTES + _ALLOWED_TIMES * partial.stat().st_size
    target_name = _unwrapped_name(name)
    try:
        with partial.open("rb", buffering=0) as source:
            if wrapping is Wrapping.INTAKE:
                record = open_envelope(source.read, identities)
                if record.header.kind is Kind.FILE and record.header.name:
                    target_name = components(record.header.name)[-1]
                _write(record.content(), target, limit)
            else:
                source.seek(offset)
                _write(gnupg().decrypt(source), target, limit)
    except NotForUs:
        return Unwrapped(None, f"{said}, to a key that is not here; it is kept as it came")
    except (WireError, GpgError, _TooMuch, OSError) as error:
        reason = error.message.rstrip(".") if isinstance(error, GpgError) else str(error)
        return Unwrapped(None, f"{said}, and cannot be unwrapped: {reason}; it is kept as it came")
    return Unwrapped(target_name, f"{said}; unwrapped beside it")


def _unwrapped_name(name: str) -> str:
    for ending in _ENDINGS:
        if name.lower().endswith(ending) and len(name) > len(ending):
            return fit(components(name[: -len(ending)])[-1])
    return marked(name, "decrypted")


def _write(content: Iterator[bytes], target: Path, limit: int) -> None:
    file = DiskFile(target)
    try:
        with closing(ahead(content)) as batches:
            for batch in batches:
                file.write(batch)
                if file.size > limit:
                    raise _TooMuch(f"it swells to more than {limit} bytes")
        file.finish()
    except BaseException:
        file.close()
        target.unlink(missing_ok=True)
        raise

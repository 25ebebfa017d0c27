"""The codename: seven words in a source's head, and all that is derived from them (F5).

The server keeps nothing of it. A slip of memory is told by a check over the words alone, without
a look at any store.
"""

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from nacl.bindings import crypto_pwhash_alg, crypto_pwhash_ALG_ARGON2ID13

from intake.wire.errors import Malformed
from intake.wire.labels import (
    CAPABILITY,
    CODENAME_CHECK,
    REPLY_KEY,
    SUBMISSION,
    THREAD_ID,
    UPLOAD_KEY,
    derive,
)

WORDS: Final = 7
#: Words a list must have: 7 · log2(7000) bits, less the eight of the check, are 81.4.
LEAST_LIST: Final = 7_000
#: Code points of the longest text that is looked at for a codename.
MAX_CODENAME: Final = 512
SALT: Final = 16

_WORD: Final = re.compile(r"[^\W_]+")
_SEPARATORS: Final = str.maketrans(dict.fromkeys("-‐‑–—_.,;", " "))


@dataclass(frozen=True)
class Cost:
    """Argon2id's price of one guess: KiB of memory, passes. It has one lane."""

    memory_kib: int
    passes: int


#: The second lock, not the first: the words alone are out of reach of guessing. So it is chosen
#: as cheap as is recommended (OWASP's 19 MiB and 2 passes), since it is also the easiest way to
#: make the server work, and must be borne by a browser without JIT. The arithmetic is in F5.3.
COST: Final = Cost(memory_kib=19_456, passes=2)


@dataclass(frozen=True)
class Thread:
    """What a codename stands for at one newsroom.

    Attributes:
        capability: 32 bytes; whoever has them can fetch and delete the thread's sealed replies.
        reply_key: 32 bytes; whoever has them can read and write replies.
    """

    capability: bytes
    reply_key: bytes

    def __repr__(self) -> str:
        return "<Thread>"

    @property
    def id(self) -> bytes:
        """16 bytes that name the thread at the desk, and nowhere else."""
        return thread_id(self.capability)


@dataclass(frozen=True)
class Source:
    """All that a codename stands for at one newsroom, as the source's own machine has it.

    Attributes:
        upload_key: 32 bytes, from which the keys and addresses of uploads come (F4.6).
    """

    thread: Thread
    upload_key: bytes

    def __repr__(self) -> str:
        return "<Source>"

    @property
    def submission(self) -> bytes:
        """16 bytes, the submission that every upload that can be resumed belongs to."""
        return derive(self.upload_key, SUBMISSION, size=16)


def thread_id(capability: bytes) -> bytes:
    """Return the 16-byte name of a thread at the desk."""
    return derive(capability, THREAD_ID, size=16)


def split(untrusted_text: str) -> tuple[str, ...]:
    """Return the words of what a person typed: spacing, case and hyphens do not matter (F5.1).

    Nor does what nobody sees: a codename copied from a page may carry direction marks. There are
    no words in a text of more than ``MAX_CODENAME`` code points.
    """
    if len(untrusted_text) > MAX_CODENAME:
        return ()
    folded = unicodedata.normalize("NFKC", untrusted_text).casefold()
    folded = unicodedata.normalize("NFKC", folded)
    visible = "".join(c for c in folded if unicodedata.category(c) != "Cf")
    return tuple(visible.translate(_SEPARATORS).split())


def gives_away(untrusted_text: str, words: Sequence[str]) -> bool:
    """Return whether a text has these words in it, however they are written (F5.1)."""
    # Not by a pattern made of the codename: Python keeps the patterns that it searched for.
    said = _WORD.findall(unicodedata.normalize("NFKC", untrusted_text).casefold())
    return " ".join(words) in " ".join(said)


def passes(words: Sequence[str]) -> bool:
    """Return whether the words agree with their own check (F5.2)."""
    return len(words) == WORDS and derive(b"", CODENAME_CHECK, _joined(words), 1) == b"\0"


def draw(words: Sequence[str], below: Callable[[int], int]) -> tuple[str, ...]:
    """Draw a codename.

    Args:
        words: a list of at least ``LEAST_LIST`` different words, as ``split`` gives them back.
        below: ``below(n)`` draws evenly from 0 to n - 1, from the system's generator.

    Raises:
        ValueError: the list is too short, or has words that cannot be typed back.
    """
    if len(set(words)) < LEAST_LIST:
        raise ValueError(f"a list of {len(set(words))} different words is too short")
    while True:
        drawn = tuple(words[below(len(words))] for _ in range(WORDS))
        if split(" ".join(drawn)) != drawn:
            raise ValueError("a list of words that are not as split gives them back")
        if passes(drawn):
            return drawn


def derive_thread(words: Sequence[str], salt: bytes, cost: Cost = COST) -> Thread:
    """Derive what the server needs of a codename, and nothing more; as ``derive_source``."""
    return derive_source(words, salt, cost).thread


def derive_source(words: Sequence[str], salt: bytes, cost: Cost = COST) -> Source:
    """Derive what the codename stands for at the newsroom with this instance salt (F5.3).

    Takes ``cost.memory_kib`` of memory and tens of milliseconds; the interpreter lock is released.

    Raises:
        Malformed: the words do not agree with their check.
    """
    if len(salt) != SALT:
        raise ValueError(f"a salt of {len(salt)} bytes")
    if not passes(words):
        raise Malformed("not a codename")
    # Of the libraries at hand this takes half the time, and makes no copy of the words.
    root = crypto_pwhash_alg(
        32,
        _joined(words),
        salt,
        cost.passes,
        cost.memory_kib * 1_024,
        crypto_pwhash_ALG_ARGON2ID13,
    )
    thread = Thread(derive(root, CAPABILITY), derive(root, REPLY_KEY))
    return Source(thread, derive(root, UPLOAD_KEY))


def _joined(words: Sequence[str]) -> bytes:
    return " ".join(words).encode()

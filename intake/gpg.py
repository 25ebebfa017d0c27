"""The GPG suite on arrival: the record's blocks through GnuPG, for editors with OpenPGP cards.

GnuPG gets a home of its own with the editors' public keys and nothing else, and is told to keep
nothing: no random seed file, no trust database, no agent, no key ids in what it writes.
"""

import copy
import queue
import shutil
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import gnupg
from gevent.lock import BoundedSemaphore

from intake.errors import KeyringError, SealingFailed
from intake.files import sync
from intake.leftovers import wash
from intake.wire.keyring import Keyring
from intake.wire.record import BLOCK, Ending, Header, RecordWriter

_OPTIONS = [
    "--no-random-seed-file",
    "--no-autostart",
    "--no-auto-check-trustdb",
    "--trust-model", "always",
    "--lock-never",
]  # fmt: skip
#: How GnuPG is told to seal.
SEALING = [
    "--throw-keyids",
    "--cipher-algo", "AES256",
    "--compress-algo", "none",
    "--no-encrypt-to",
]  # fmt: skip
#: Blocks that wait for GnuPG at most, and pieces of ciphertext that wait for the writer.
_WAITING = 8
#: Processes at once for what is still arriving, each of some 5 MB and four threads of ours; and
#: for messages and what else is all there, which hold one for a moment only.
_SLOW, _QUICK = 48, 8


def import_keys(home: Path, keyring: Keyring, *, keep: Path) -> None:
    """Make a GnuPG home anew from a keyring; others beside it go, but for the one in use.

    Raises:
        KeyringError: GnuPG is missing, or refuses a key.
    """
    home.parent.mkdir(mode=0o700, exist_ok=True)
    for other in home.parent.iterdir():
        if other != keep:
            shutil.rmtree(other)
    fresh = home.with_name(f".{home.name}.new")
    fresh.mkdir(mode=0o700)
    gpg = _gpg(fresh)
    for editor in keyring.editors:
        result = gpg.import_keys(editor.openpgp)
        if not result.fingerprints:
            raise KeyringError(
                f"GnuPG does not take the OpenPGP key of {editor.name}.",
                "Make the keyring anew from a fresh public half of this editor.",
            )
    (fresh / "fingerprints").write_text("\n".join(_fingerprints(gpg)))
    # Durable before the keyring that needs it is: nothing would make it anew.
    for path in (*fresh.iterdir(), fresh):
        sync(path)
    fresh.rename(home)
    sync(home.parent)


def gpg_suite(home: Path, keyring: Keyring, day: int) -> Callable[[Header], "GpgSealing"]:
    """Return the suite for the keys in ``home``.

    Raises:
        Refused: the keyring is not in force on this day.
    """
    keyring.check_day(day)
    recipients = (home / "fingerprints").read_text().split()
    gpg, slow, quick = _gpg(home), BoundedSemaphore(_SLOW), BoundedSemaphore(_QUICK)

    def begin(header: Header) -> GpgSealing:
        # A copy each, since each record has its own way out; making one anew starts a process.
        return GpgSealing(header, copy.copy(gpg), recipients, slow=slow, quick=quick)

    return begin


class GpgSealing:
    """One record through one GnuPG process, which is started when there is something to seal.

    Args:
        slow, quick: hold one of them before that.
    """

    def __init__(
        self,
        header: Header,
        gpg: Any,
        recipients: list[str],
        *,
        slow: BoundedSemaphore,
        quick: BoundedSemaphore,
    ) -> None:
        self._slow = slow
        self._quick = quick
        self._record = RecordWriter(header)
        self._blocks: queue.Queue[bytes] = queue.Queue(_WAITING)
        self._pieces: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._ended = threading.Event()
        self._result: Any = None
        gpg.buffer_size = 4 * BLOCK
        gpg.on_data = self._take
        self._thread = threading.Thread(target=self._run, args=(gpg, recipients), daemon=True)
        self._begun = False

    @property
    def size(self) -> int:
        return self._record.size

    @property
    def digest(self) -> bytes:
        return self._record.digest

    def count(self, data: bytes | bytearray) -> None:
        self._record.count(data)

    def place(self, *, is_all: bool) -> BoundedSemaphore:
        return self._quick if is_all else self._slow

    def seal(self, data: bytes | bytearray) -> list[bytes]:
        self._begin()
        for block in self._record.blocks(data):
            self._put(bytes(block))
        return self._available()

    def written(self, pieces: Sequence[bytes | memoryview]) -> None:  # noqa: ARG002 - it gave none back
        return

    def finish(self, ending: Ending) -> Iterator[bytes]:
        self._begin()
        for block, _ in self._record.finish(ending):
            self._put(block)
            yield from self._available()
        self._put(b"")
        self._thread.join()
        yield from self._available()
        if not self._result.ok:
            raise SealingFailed(f"GnuPG could not seal: {self._result.status or 'no reason'}.")

    def abandon(self) -> None:
        if not self._begun:
            return
        if not self._ended.is_set():
            self._put(b"")
        self._thread.join()

    def read(self, _size: int) -> bytes:
        """Give GnuPG's feeder the next block, or nothing at the end (a file's ``read``)."""
        block = self._blocks.get()
        if not block:
            # The feeder's thread ends now, and its stack stays mapped for another to come.
            wash()
        return block

    def close(self) -> None:
        """A file's ``close``; there is nothing to close."""

    def _begin(self) -> None:
        if not self._begun:
            self._begun = True
            self._thread.start()

    def _take(self, piece: bytes) -> bool:
        """Take ciphertext from python-gnupg; ``False`` keeps it from gathering the whole."""
        self._pieces.put(piece)
        return False

    def _run(self, gpg: Any, recipients: list[str]) -> None:
        try:
            self._result = gpg.encrypt_file(
                self, recipients, armor=False, always_trust=True, extra_args=SEALING
            )
        finally:
            self._ended.set()

    def _put(self, block: bytes) -> None:
        # A GnuPG that has died takes no more blocks: do not wait for it for ever.
        while not self._ended.is_set():
            try:
                return self._blocks.put(block, timeout=1)
            except queue.Full:
                continue
        raise SealingFailed("GnuPG ended before the file did.")

    def _available(self) -> list[bytes]:
        pieces = []
        while not self._pieces.empty():
            pieces.append(self._pieces.get())
        return pieces


def _gpg(home: Path) -> Any:
    try:
        return gnupg.GPG(gnupghome=str(home), options=_OPTIONS)
    except (OSError, ValueError) as error:
        raise KeyringError(
            "GnuPG is missing, and the keyring asks for it.",
            "Install it (on Debian: apt-get install gnupg), or use a keyring for the nacl suite.",
        ) from error


def _fingerprints(gpg: Any) -> list[str]:
    return [key["fingerprint"] for key in gpg.list_keys()]

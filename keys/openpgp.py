"""The desk's OpenPGP key: made, named, exported and put to use by GnuPG, through python-gnupg."""

import fcntl
import os
import select
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from typing import IO, Any, BinaryIO, Final

import gnupg

from intake.wire.errors import Malformed
from intake.wire.keyring import MAX_OPENPGP
from intake.wire.record import BLOCK
from keys.desk_keys import OpenPgp, Where
from keys.edge import Edge
from keys.errors import GpgError
from keys.gpghome import temporary_home
from keys.gpgreport import LONGEST, Report

_PIPE: Final = 1024 * 1024
_QUIET: Final = [
    "--no-random-seed-file",
    "--no-auto-check-trustdb",
    "--no-auto-key-locate",
    "--disable-dirmngr",
]
#: Seconds without plaintext after which a message is given up: it may be made to take for ever.
_PATIENCE: Final = 60.0
_INSTALL: Final = "Install it (on Debian: apt install gnupg), then run the same again."


class GnuPG:
    """GnuPG with the desk's secret key at hand.

    Attributes:
        asks: whether it may ask the person at the terminal, for the key's passphrase or PIN.
        name: of the file in the last message, as its sender gave it; untrusted, may be empty.
    """

    def __init__(self, home: Path | None, fingerprint: str, *, in_memory: bool) -> None:
        options = ["--try-secret-key", fingerprint]
        # The key in memory has no passphrase: a prompt would be for something of the source's.
        prompts = ["--pinentry-mode", "cancel"] if in_memory else []
        self.asks = not in_memory
        self.name = ""
        self._command = _gpg(home).make_args([*options, *prompts, "--decrypt"], False)

    def decrypt(self, source: BinaryIO) -> Generator[bytes, None, None]:
        """Yield the plaintext as it comes. Nothing vouches for it until the iterator ends.

        Args:
            source: a real file, which GnuPG itself reads from where it stands.

        Raises:
            NotForUs: to nobody whose key is here.
            Malformed: made to keep GnuPG busy, or to have it ask for something.
            Corrupt: altered, or cut off; GnuPG does not tell them apart.
        """
        report = Report(asks=self.asks)
        pipe = subprocess.PIPE
        with subprocess.Popen(self._command, stdin=source, stdout=pipe, stderr=pipe) as process:
            # In a thread, so that GnuPG never waits for somebody to hear what it says.
            listener = threading.Thread(target=_listen, args=(process, report))
            listener.start()
            try:
                yield from _pieces(process.stdout, None if self.asks else _PATIENCE)
                code = process.wait()
            finally:
                process.kill()
                listener.join()
        report.judge(code)
        self.name = report.name

    def blocks(self, source: BinaryIO, most: int) -> Iterator[bytes]:
        """Yield the blocks of the record that was encrypted; raises as ``decrypt`` does.

        Args:
            most: bytes of the envelope. A record is never compressed, so it has no more.

        Raises:
            Malformed: no record, or one that swells.
        """
        rest, total = b"", 0
        with closing(self.decrypt(source)) as pieces:
            for piece in pieces:
                total += len(piece)
                if total > most:
                    raise Malformed("compressed, which no envelope is")
                rest += piece
                whole = len(rest) - len(rest) % BLOCK
                for start in range(0, whole, BLOCK):
                    yield rest[start : start + BLOCK]
                rest = rest[whole:]
        if rest:
            raise Malformed("not made of blocks")


def _pieces(output: IO[bytes] | None, patience: float | None) -> Iterator[bytes]:
    if output is None:
        return
    with suppress(OSError):
        fcntl.fcntl(output, fcntl.F_SETPIPE_SZ, _PIPE)
    while select.select([output], [], [], patience)[0]:
        piece = os.read(output.fileno(), _PIPE)
        if not piece:
            return
        yield piece
    raise Malformed(f"GnuPG made nothing of it for {patience:.0f} s")


def _listen(process: "subprocess.Popen[bytes]", report: Report) -> None:
    if process.stderr is None:
        return
    while line := process.stderr.readline(LONGEST):
        if not report.hear(line):
            process.kill()
            return


@contextmanager
def gnupg_for(key: OpenPgp, edge: Edge) -> Iterator[GnuPG]:
    """Give GnuPG with the desk's key, for as long as it is needed.

    Raises:
        GpgError: there is no key, no GnuPG, or it does not take the key.
    """
    with ExitStack() as stack:
        if key.where is Where.NONE:
            raise GpgError(
                "This desk has no OpenPGP key.",
                "Another editor's desk may have one; this was chosen when the desk was made.",
            )
        if key.where is Where.OWN:
            yield GnuPG(Path(key.home) if key.home else None, key.fingerprint, in_memory=False)
            return
        home = stack.enter_context(temporary_home(edge))
        imported = _gpg(home).import_keys(key.secret)
        if not imported.fingerprints:
            raise GpgError(
                "GnuPG does not take the key in the vault.",
                "Is it older than the one that made it?",
            )
        yield GnuPG(home, key.fingerprint, in_memory=True)


@contextmanager
def gnupg_when_needed(key: OpenPgp, edge: Edge) -> Iterator[Callable[[], GnuPG]]:
    """Give what gives GnuPG: it is started when it is first asked for, and gone at the end."""
    with ExitStack() as stack:
        started: list[GnuPG] = []

        def gnupg() -> GnuPG:
            if not started:
                started.append(stack.enter_context(gnupg_for(key, edge)))
            return started[0]

        yield gnupg


def generate(name: str, edge: Edge) -> tuple[OpenPgp, bytes]:
    """Make a key for the vault; return it and its public half, both in binary.

    It never expires: the keyring does. It bears the editor's name and nothing else.

    Raises:
        GpgError: no GnuPG, or it refuses.
    """
    with temporary_home(edge) as home:
        gpg = _gpg(home)
        made = gpg.gen_key(
            "Key-Type: eddsa\nKey-Curve: ed25519\nKey-Usage: sign,cert\n"
            "Subkey-Type: ecdh\nSubkey-Curve: cv25519\nSubkey-Usage: encrypt\n"
            f"Name-Real: {name}\nExpire-Date: 0\n%no-protection\n%commit\n"
        )
        fingerprint = made.fingerprint
        if not fingerprint:
            raise GpgError(
                "GnuPG did not make a key.", "Make the desk with --no-openpgp to go without."
            )
        secret = _exported(gpg, fingerprint, secret=True)
        return OpenPgp(Where.VAULT, fingerprint, secret), _exported(gpg, fingerprint)


def named(fingerprint: str, home: Path | None) -> tuple[OpenPgp, bytes]:
    """Return the editor's own key and its public half.

    Raises:
        GpgError: no GnuPG, no such key in it, or none that encrypts.
    """
    gpg = _gpg(home)
    keys = gpg.list_keys(keys=[fingerprint])
    if len(keys) != 1:
        raise GpgError(
            f"GnuPG knows {len(keys)} keys of the fingerprint {fingerprint}.",
            "gpg --list-secret-keys shows those that are there; --gnupg-home names another folder.",
        )
    if not {"e", "E"} & set(keys[0]["cap"]):
        raise GpgError("Nothing can be encrypted to this key.", "Name one with such a subkey.")
    whole: str = keys[0]["fingerprint"]
    place = str(home.absolute()) if home else ""
    return OpenPgp(Where.OWN, whole, home=place), _exported(gpg, whole)


def available() -> bool:
    """Return whether GnuPG is on this machine."""
    return shutil.which("gpg") is not None


def _gpg(home: Path | None) -> Any:
    # A pinentry in the terminal has to know which one.
    if sys.stdin is not None and sys.stdin.isatty():
        os.environ.setdefault("GPG_TTY", os.ttyname(sys.stdin.fileno()))
    try:
        return gnupg.GPG(gnupghome=str(home) if home else None, options=_QUIET, encoding="utf-8")
    except OSError as error:
        raise GpgError("GnuPG is not on this machine.", _INSTALL) from error
    except ValueError as error:
        raise GpgError(f"GnuPG cannot be used: {error}.", "Does gpg itself work?") from error


def _exported(gpg: Any, fingerprint: str, *, secret: bool = False) -> bytes:
    options = {"expect_passphrase": False} if secret else {"minimal": True}
    data: bytes = gpg.export_keys(fingerprint, secret=secret, armor=False, **options)
    if not data or len(data) > MAX_OPENPGP:
        raise GpgError(
            f"The key takes {len(data)} bytes, and may take {MAX_OPENPGP}.",
            "Name a key without a picture.",
        )
    return data

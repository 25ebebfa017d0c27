"""HOME: the server's folder, its few settings, and the keyring in force.

Nothing in it is secret but what its name says, and nothing in it tells of a source.
"""

import fcntl
import json
import os
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from intake.days import SECONDS
from intake.errors import HomeError, KeyringError
from intake.files import write_durably
from intake.store import DirectoryStore
from intake.store.directory import Token
from intake.wire.errors import WireError
from intake.wire.keyring import Keyring, SuiteName


@dataclass(frozen=True)
class Config:
    """What an operator sets.

    Attributes:
        name: the newsroom's name, as the pages say it.
        tick: seconds; all that is stored says only in which tick it came.
        reserve: bytes of disk that only messages and replies may use.
        max_upload: bytes that one request may carry; 0 for what the disk takes.
        decoys: envelopes with nothing in them that each tick has at least; 0 for none at all.
    """

    name: str
    tick: int = 3_600
    reserve: int = 1 << 30
    max_upload: int = 0
    decoys: int = 4

    def tick_at(self, now: float) -> int:
        """Return the beginning of the tick that a Unix time lies in."""
        return int(now) // self.tick * self.tick

    def to_toml(self) -> str:
        """Return the settings as the file that ``Home.open`` reads."""
        return (
            "# Read when the server starts.\n"
            # JSON's strings are TOML's basic strings, but for the one character escaped here.
            f"name = {json.dumps(self.name, ensure_ascii=False)}\n".replace("\x7f", "\\u007f")
            + f"tick = {self.tick}  # seconds\n"
            f"reserve = {self.reserve}  # bytes that only messages may use\n"
            f"max_upload = {self.max_upload}  # bytes; 0: what the disk takes\n"
            f"decoys = {self.decoys}  # at least so many in each tick; 0: none\n"
        )


class Home:
    """An opened HOME.

    Raises:
        HomeError: the folder is not one that ``create`` made.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            values = tomllib.loads((path / "config.toml").read_text())
            self.config = Config(**values)
        except (FileNotFoundError, NotADirectoryError) as error:
            raise HomeError(
                f"{path} is not a server's folder.", "Make one with: intake init"
            ) from error
        except (tomllib.TOMLDecodeError, TypeError, UnicodeDecodeError) as error:
            raise HomeError(
                f"The settings in {path / 'config.toml'} cannot be read: {error}.",
                "Mend the line that it names; what was sent is not touched.",
            ) from error
        _check(self.config)
        self._keyring: tuple[tuple[int, ...], Keyring] | None = None

    @classmethod
    def create(cls, path: Path, config: Config, signed_keyring: bytes) -> "Home":
        """Make a HOME.

        Raises:
            HomeError: something is there already, or a setting makes no sense.
            KeyringError: the keyring cannot be read.
        """
        _check(config)
        keyring = parse_keyring(signed_keyring)
        try:
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise HomeError(
                f"{path} cannot be made: {error.strerror}.", "Choose another folder."
            ) from error
        if any(path.iterdir()):
            raise HomeError(
                f"{path} exists and is not empty.", "Choose another folder; nothing was changed."
            )
        path.chmod(0o700)
        write_durably(path / "keyring", signed_keyring)
        write_durably(path / "config.toml", config.to_toml().encode())
        home = cls(path)
        home.adopt(keyring)
        return home

    @property
    def keyring_bytes(self) -> bytes:
        """The signed keyring in force, as anybody may have it."""
        return (self.path / "keyring").read_bytes()

    @property
    def keyring(self) -> Keyring:
        """The keyring in force; read anew when a delivery has replaced it."""
        path = self.path / "keyring"
        try:
            status = path.stat()
            version = (status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
            if self._keyring is None or self._keyring[0] != version:
                self._keyring = (version, parse_keyring(path.read_bytes()))
        except OSError:
            # Every page asks. Where the disk fails, what was read before still holds.
            if self._keyring is None:
                raise
        return self._keyring[1]

    def check_successor(self, signed: bytes) -> Keyring:
        """Return the keyring in ``signed``, which may follow the present one.

        Raises:
            KeyringError: it may not, or cannot be read.
        """
        newer = parse_keyring(signed)
        try:
            self.keyring.check_successor(newer)
        except WireError as error:
            raise KeyringError(
                f"The keyring is refused: {error}.",
                "Nothing was changed. Have the desk send all of it again with the newest keyring: "
                "keys dispatch --again --keyring FILE",
            ) from error
        return newer

    def replace_keyring(self, signed: bytes) -> None:
        """Put a successor in force that was adopted; raises as ``check_successor`` does."""
        self.check_successor(signed)
        write_durably(self.path / "keyring", signed)

    def adopt(self, keyring: Keyring) -> None:
        """Prepare what a suite needs of a keyring before it is put in force.

        Raises:
            KeyringError: the suite does not take it.
        """
        if keyring.suite is SuiteName.GPG:
            from intake.gpg import import_keys

            import_keys(self._gnupg_of(keyring), keyring, keep=self.gnupg)

    @property
    def gnupg(self) -> Path:
        """GnuPG's home: the public keys of the keyring in force and nothing else."""
        return self._gnupg_of(self.keyring)

    def _gnupg_of(self, keyring: Keyring) -> Path:
        # One for each keyring: replacing that file is what puts all of the next in force at once.
        return self.path / "gnupg" / str(keyring.sequence)

    def store(self, token: Token) -> DirectoryStore:
        """Return the store in this HOME."""
        return DirectoryStore(self.path / "store", reserve=self.config.reserve, token=token)

    @property
    def remembered(self) -> Path:
        """The table of uploads that were finished; among what says the tick."""
        return self.path / "store" / "remembered"

    def settle(self, tick: int) -> None:
        """Have what a delivery touches say the tick as its time of change."""
        for name in ("keyring", "marks", "delivery", "gnupg", "."):
            with suppress(FileNotFoundError):
                os.utime(self.path / name, (tick, tick))

    @contextmanager
    def only_server(self) -> Iterator[None]:
        """Hold HOME as its one server.

        Raises:
            HomeError: another process holds it.
        """
        try:
            with _held(self.path / "lock", fcntl.LOCK_NB):
                yield
        except BlockingIOError as error:
            raise HomeError(
                f"Another server is running in {self.path}.", "Stop it first, or use that one."
            ) from error

    def has_server(self) -> bool:
        """Return whether a server runs. One that starts at this very moment may be refused."""
        try:
            with self.only_server():
                return False
        except HomeError:
            return True

    @contextmanager
    def only_delivery(self) -> Iterator[None]:
        """Wait to be the one delivery at work: two at once could both pass for the newer one."""
        with _held(self.path / "delivery", 0):
            yield


@contextmanager
def _held(path: Path, how: int) -> Iterator[None]:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | how)
        yield
    finally:
        os.close(descriptor)


def parse_keyring(signed: bytes) -> Keyring:
    """Return the keyring.

    Raises:
        KeyringError: it cannot be read, or its signature is not good.
    """
    try:
        return Keyring.parse(signed)
    except WireError as error:
        raise KeyringError(
            f"The keyring cannot be used: {error}.",
            "Carry it over from the offline side once more; it may have been damaged.",
        ) from error


def _check(config: Config) -> None:
    numbers = (config.tick, config.reserve, config.max_upload, config.decoys)
    if not str(config.name).strip():
        raise HomeError("The newsroom has no name.", "Give it one with --name.")
    if any(type(number) is not int or number < 0 for number in numbers):
        raise HomeError("Tick, reserve, largest upload and decoys are whole numbers, 0 or more.")
    if not 1 <= config.tick <= SECONDS:
        raise HomeError("The tick is between a second and a day.")

"""``HOME/onion``: the keys of both onions, and who may visit the couriers'.

It is Tor's own folder in Tor's own format, and has to belong to the user that Tor runs as. Whoever
runs as root here hands every file on to that user. Nothing in it is needed by the web processes.
"""

import os
import pwd
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from intake.files import write_durably
from intake.tor.errors import KeysForbidden
from intake.tor.keys import KEY_FILE, SEED, OnionKey, VisitorKey, authorised_line
from intake.tor.services import Service

#: An onion to which nobody has a key is open to everybody who knows its address. So there is
#: always one key, and this is the file of one whose private half was thrown away. No courier can
#: have this name.
_NOBODY: Final = "_nobody"
_VISITORS: Final = "authorized_clients"


@dataclass(frozen=True)
class Names:
    """The onions of a server: folders under ``HOME/onion``, sockets under ``HOME/run``."""

    sources: str = "sources"
    couriers: str = "couriers"


NAMES: Final = Names()


class OnionFolder:
    """The keys of a HOME's onions.

    Args:
        home: the server's folder.
        token: ``token(n)`` gives n random bytes.

    Every method raises ``KeysForbidden`` where this user may not do it.
    """

    def __init__(self, home: Path, token: Callable[[int], bytes]) -> None:
        self._home = home.absolute()
        self._path = self._home / "onion"
        self._token = token

    @property
    def path(self) -> Path:
        """The folder."""
        return self._path

    def services(self) -> tuple[Service, Service]:
        """Return the sources' onion and the couriers'; their keys are made if there are none."""
        return self._service(NAMES.sources), self._service(NAMES.couriers)

    def socket(self, name: str) -> Path:
        """Return where the web server listens for an onion."""
        return self._home / "run" / f"{name}.sock"

    def admit(self, name: str, public: str) -> None:
        """Let the holder of a key visit the couriers' onion.

        Args:
            name: of the courier, checked.
            public: the public half of the key in base32.
        """
        self.services()
        self._write(self._visitors / f"{name}.auth", authorised_line(public).encode() + b"\n")

    def dismiss(self, name: str) -> bool:
        """Take a courier's key away; return whether there was one."""
        path = self._visitors / f"{name}.auth"
        try:
            path.unlink()
        except FileNotFoundError:
            return False
        except OSError as error:
            raise self._forbidden(error) from error
        return True

    def visitors(self) -> dict[str, bytes]:
        """Return the files that say who may visit the couriers' onion."""
        try:
            return {path.name: path.read_bytes() for path in sorted(self._visitors.glob("*.auth"))}
        except OSError as error:
            raise self._forbidden(error) from error

    def hand_to(self, user: int) -> None:
        """Make all of it the property of the user that Tor runs as, given by number.

        Raises:
            KeysForbidden: it is not, and this user cannot change that.
        """
        try:
            paths = [self._path, *self._path.rglob("*")]
            foreign = [path for path in paths if path.stat().st_uid != user]
            if not foreign:
                return
            if os.geteuid() == 0:
                group = pwd.getpwuid(user).pw_gid
                for path in foreign:
                    os.chown(path, user, group)
                return
        except OSError as error:
            raise self._forbidden(error) from error
        raise KeysForbidden(
            f"Tor runs as {_user(user)}, and {foreign[0]} belongs to another user.",
            f"Either, as root: chown -R {_user(user)} {self._path}\n"
            "and run `intake onion` as that user; or give the server a tor of its own: --tor own",
        )

    @property
    def _visitors(self) -> Path:
        return self._path / NAMES.couriers / _VISITORS

    def _service(self, name: str) -> Service:
        folder = self._path / name
        try:
            key = OnionKey.parse((folder / KEY_FILE).read_bytes())
        except FileNotFoundError:
            key = OnionKey.of(self._token(SEED))
            self._keep(key, folder)
        except OSError as error:
            raise self._forbidden(error) from error
        except ValueError as error:
            raise KeysForbidden(
                f"{folder / KEY_FILE} is damaged.", "Restore it from the backup."
            ) from error
        if name == NAMES.couriers:
            self._keep_closed()
        return Service(name, folder, self.socket(name), key.address)

    def _keep(self, key: OnionKey, folder: Path) -> None:
        for part in (self._path, folder, folder / _VISITORS):
            self._mkdir(part)
        for name, data in key.files().items():
            self._write(folder / name, data)

    def _keep_closed(self) -> None:
        """Have a key that nobody has."""
        self._mkdir(self._visitors)
        path = self._visitors / f"{_NOBODY}.auth"
        if not path.exists():
            nobody = VisitorKey(self._token(SEED)).public
            self._write(path, authorised_line(nobody).encode() + b"\n")

    def _mkdir(self, folder: Path) -> None:
        try:
            folder.mkdir(mode=0o700)
        except FileExistsError:
            return
        except OSError as error:
            raise self._forbidden(error) from error
        self._like_parent(folder)

    def _write(self, path: Path, data: bytes) -> None:
        try:
            write_durably(path, data)
        except OSError as error:
            raise self._forbidden(error) from error
        self._like_parent(path)

    def _like_parent(self, path: Path) -> None:
        if os.geteuid() == 0:
            owner = path.parent.stat()
            os.chown(path, owner.st_uid, owner.st_gid)

    def _forbidden(self, error: OSError) -> KeysForbidden:
        return KeysForbidden(
            f"The onion's keys in {self._path} cannot be used: {error.strerror}.",
            "They belong to the user that Tor runs as. Run this as that user, or as root.",
        )


def _user(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"user {number}"

"""The newsroom as a source's program knows it: by its keyring, and the root key that signed it."""

import re
import threading
from collections.abc import Callable
from typing import Final

from intake.sender.errors import NewsroomError
from intake.wire.envelope import Recipient
from intake.wire.errors import Refused, WireError
from intake.wire.keyring import Keyring, SuiteName
from intake.wire.signing import fingerprint

_FINGERPRINT: Final = re.compile(r"[0-9a-f]{25}", re.ASCII)


class Newsroom:
    """A newsroom's keyring, verified, and renewed with the days. It may be used by all threads.

    Args:
        fetch: gives the keyring as the server has it now.
        today: gives the days since 1970-01-01.
        pinned: the root key's fingerprint, where it is known beforehand; see ``pin``.

    Raises:
        NewsroomError: the keyring is none, or not this newsroom's; also from ``renew``.
    """

    def __init__(
        self, fetch: Callable[[], bytes], today: Callable[[], int], pinned: str = ""
    ) -> None:
        self._fetch = fetch
        self._today = today
        self._lock = threading.Lock()
        self._recipients: tuple[int, list[Recipient]] | None = None
        self._keyring = _parsed(fetch())
        if pinned and pin(self.fingerprint) != pinned:
            raise NewsroomError(
                f"This is another newsroom: the fingerprint of its root key is {self.fingerprint}.",
                "Send nothing. Check the address, and where you have the fingerprint from.",
            )

    @property
    def fingerprint(self) -> str:
        """Of the root key, as people compare it."""
        return fingerprint(self._keyring.root_key)

    @property
    def salt(self) -> bytes:
        """What codenames are derived with here."""
        return self._keyring.salt

    def check_open(self) -> None:
        """Return if something can be sealed here for the newsroom; raises as ``recipients``."""
        self.recipients()

    def recipients(self) -> list[Recipient]:
        """Return the editors' keys of today; once a day the keyring is fetched anew.

        Raises:
            NewsroomError: the keyring is not in force, or is one of OpenPGP keys.
            NotReached: it could not be fetched.
        """
        with self._lock:
            today = self._today()
            if self._recipients is None or self._recipients[0] != today:
                if self._recipients is not None:
                    self._renew()
                self._recipients = (today, self._keys_of(today))
            return self._recipients[1]

    def renew(self, used: list[Recipient]) -> bool:
        """Return whether there are other keys than those that were used; fetched, if need be."""
        with self._lock:
            if self._recipients is None or self._recipients[1] is not used:
                # Another circuit was told so first.
                return True
            changed = self._renew()
            if changed:
                self._recipients = None
            return changed

    def _renew(self) -> bool:
        newer = _parsed(self._fetch())
        if newer == self._keyring:
            return False
        try:
            self._keyring.check_successor(newer)
        except Refused as error:
            raise NewsroomError(
                f"The newsroom's keyring is not what it was: {error}.",
                "Send nothing more. Ask the newsroom in another way.",
            ) from error
        self._keyring = newer
        return True

    def _keys_of(self, today: int) -> list[Recipient]:
        if self._keyring.suite is not SuiteName.NACL:
            raise NewsroomError(
                "This newsroom's keys are OpenPGP keys, which seal on its server alone.",
                "Use the form on its page, in Tor Browser.",
            )
        try:
            return self._keyring.recipients(today)
        except Refused as error:
            raise NewsroomError(
                f"Nobody could open what is sent now: {error}.",
                "Check this machine's date. Else wait some days for the newsroom's next keys, and "
                "give the same command again.",
            ) from error


def pin(untrusted_text: str) -> str:
    """Return a fingerprint as it can be compared: without spaces, in lower case.

    Raises:
        NewsroomError: it is none.
    """
    text = "".join(untrusted_text.split()).lower()
    if not _FINGERPRINT.fullmatch(text):
        raise NewsroomError(
            "A fingerprint has 25 of the digits 0-9 and a-f, in five groups.",
            "Copy it as the newsroom has published it.",
        )
    return text


def _parsed(untrusted_data: bytes) -> Keyring:
    try:
        return Keyring.parse(untrusted_data)
    except WireError as error:
        raise NewsroomError(
            f"The server's keyring cannot be used: {error}.", "Is this a newsroom's address?"
        ) from error

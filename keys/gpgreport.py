"""What GnuPG says while it decrypts, and whether that vouches for what came out; text only."""

from typing import Final
from urllib.parse import unquote_to_bytes

from intake.wire.errors import Corrupt, Malformed, NotForUs

#: Bytes of the longest line that is listened to.
LONGEST: Final = 65_536

_STATUS: Final = b"[GNUPG:] "
#: A few lines come for each key that a message may be for: so many are of no honest message.
_MOST_LINES: Final = 8_192
_VOUCHING: Final = {"DECRYPTION_OKAY", "GOODMDC"}
_REFUSING: Final = {"BADMDC", "DECRYPTION_FAILED", "NODATA", "UNEXPECTED"}
#: How gpg ends; 2 also where only the attempt on another recipient's part of a message failed.
_ENDED: Final = (0, 2)


class Report:
    """Takes in what GnuPG says, line by line.

    Args:
        asks: whether GnuPG asks a person, who must not be asked for what only a source knows.

    Attributes:
        name: of the file that was encrypted, as its sender gave it; untrusted, may be empty.
    """

    def __init__(self, *, asks: bool) -> None:
        self.name = ""
        self._asks = asks
        self._lines = 0
        self._statuses: set[str] = set()
        self._stopped = ""

    def hear(self, line: bytes) -> bool:
        """Take in a line with its end; return whether GnuPG may go on."""
        self._lines += 1
        if self._lines > _MOST_LINES or not line.endswith(b"\n"):
            self._stopped = "it is for more keys than any message"
        elif line.startswith(_STATUS):
            status, _, rest = line.removeprefix(_STATUS).rstrip(b"\r\n").partition(b" ")
            self._statuses.add(status.decode("ascii", "replace"))
            if status == b"PLAINTEXT":
                self.name = _name(rest)
            if status == b"NEED_PASSPHRASE_SYM" and self._asks:
                self._stopped = "it asks for a passphrase of the sender's"
        return not self._stopped

    def judge(self, code: int) -> None:
        """Return if GnuPG, which ended with this code, vouches for all that it gave out.

        Raises:
            Malformed: it was not let go on.
            NotForUs: to nobody whose key is here.
            Corrupt: altered, or cut off.
        """
        said = self._statuses
        if self._stopped:
            raise Malformed(self._stopped)
        if code in _ENDED and said >= _VOUCHING and not said & _REFUSING:
            return
        if "NO_SECKEY" in said and "DECRYPTION_KEY" not in said:
            raise NotForUs("sealed to somebody else, or to a key that is not at hand")
        raise Corrupt("GnuPG does not vouch for it")


def _name(rest: bytes) -> str:
    """Return the name in ``FORMAT TIMESTAMP NAME``."""
    name = unquote_to_bytes(rest.split(b" ", 2)[-1]).decode("utf-8", "replace")
    return "" if rest.count(b" ") < 2 or name == "_CONSOLE" else name

"""What can go wrong on the way, as types that a caller can tell apart."""

from intake.errors import IntakeError


class ReachError(IntakeError):
    """Base of all that this package raises."""


class AddressError(ReachError):
    """The address leads nowhere, or past Tor."""


class NotReached(ReachError):
    """The server was not reached, or the connection was cut. It may be reached later."""


class Locked(ReachError):
    """Tor has no key, or the wrong one, to an onion that is not open to everybody."""


class WrongAnswer(ReachError):
    """The server answered what no server of this project answers."""

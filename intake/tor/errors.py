"""What can go wrong between the server and Tor, as types that a caller can tell apart."""

from intake.errors import IntakeError


class OnionError(IntakeError):
    """Base of all that has to do with Tor.

    Attributes:
        passes: whether it can pass by itself, so that trying again makes sense.
    """

    passes = False


class ControlMissing(OnionError):
    """Nothing answers where Tor's control port should be."""

    passes = True


class ControlForbidden(OnionError):
    """The control socket, or the cookie that opens it, is not for this user."""


class WrongPassword(OnionError):
    """Tor does not take the password, or asks for one."""


class TorUnfit(OnionError):
    """This tor does not know what the server asks of it."""


class KeysForbidden(OnionError):
    """Tor, or this user, cannot use the folder with the onion's keys."""


class TorLost(OnionError):
    """Tor ended, or closed the control connection."""

    passes = True


class NotPublished(OnionError):
    """Tor does not serve the onions."""

    passes = True


class OwnTorFailed(OnionError):
    """The tor of the server's own does not start."""
